// The embedded and the shared ledger are one ledger to everybody who uses them.
import { differentialHistories } from './differential/histories.ts'

differentialHistories()
