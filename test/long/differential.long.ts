// As the histories that both ledgers live through together, for longer.
import { differentialHistories } from '../stores/differential/histories.ts'

differentialHistories({ numRuns: 1000, stepsMax: 100, withinMs: 1_700_000 })
