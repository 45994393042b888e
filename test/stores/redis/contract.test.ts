// The shared ledger, put to the contract of every ledger.
import { ledgerContract } from '../../contract/ledger.ts'
import { sharedRedisUrl } from '../../support/redis/shared-redis.ts'
import { openRedisLedger } from './open-redis-ledger.ts'

ledgerContract(rules => openRedisLedger(sharedRedisUrl(), rules))
