// Whether a manifest is one that Kubernetes knows: its values by the schemas of kubernetes-models, and its fields by the types of the same package,
// because the schemas let a field pass that nobody knows, as a cluster does that is not asked to be strict.
import * as ts from 'typescript'
import { ROOT } from './read-yaml.ts'

/** The type of each kind, and the module that it is in. */
export const KINDS = {
  ServiceAccount: 'kubernetes-models/v1',
  ConfigMap: 'kubernetes-models/v1',
  Service: 'kubernetes-models/v1',
  Deployment: 'kubernetes-models/apps/v1',
  PodDisruptionBudget: 'kubernetes-models/policy/v1',
  HorizontalPodAutoscaler: 'kubernetes-models/autoscaling/v2',
  NetworkPolicy: 'kubernetes-models/networking.k8s.io/v1'
} as const

export type Kind = keyof typeof KINDS

/** @returns what the compiler says against the manifests, each as a value of its kind's type */
export function unknownFields (manifests: ReadonlyArray<{ kind: Kind, value: unknown }>): string[] {
  const name = `${ROOT}test/docker/manifests-as-values.ts`
  const text = manifests.map(({ kind, value }, place) => `import type { I${kind} as T${place} } from '${KINDS[kind]}'\nexport const v${place}: T${place} = ${JSON.stringify(value)}\n`).join('')
  const options: ts.CompilerOptions = { strict: true, noEmit: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.NodeNext }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = path => path === name || fileExists(path)
  host.getSourceFile = (path, ...rest) => path === name ? ts.createSourceFile(path, text, ts.ScriptTarget.ESNext) : getSourceFile(path, ...rest)
  return ts.getPreEmitDiagnostics(ts.createProgram([name], options, host)).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}
