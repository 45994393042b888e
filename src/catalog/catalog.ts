// Everything that can be asked for. A new model is a file under models/ and a line here.
import type { Endpoint } from './endpoint.ts'
import { wan22T2vPlus } from './models/alibaba/wan2.2-t2v-plus.ts'

export const catalog: readonly Endpoint[] = [
  wan22T2vPlus
]
