// As the histories of the ledger's contract, for longer.
import { historiesContract } from '../contract/histories.ts'
import { openSqliteLedger } from '../stores/sqlite/open-sqlite-ledger.ts'

historiesContract(openSqliteLedger, { numRuns: 1500, stepsMax: 80 })
