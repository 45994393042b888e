// The embedded ledger keeps the contract of every ledger.
import { ledgerContract } from '../../contract/ledger.ts'
import { openSqliteLedger } from './open-sqlite-ledger.ts'

ledgerContract(openSqliteLedger)
