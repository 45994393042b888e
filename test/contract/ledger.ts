// The contract of a ledger and its directory. Every store passes it, unchanged.
import { describe } from 'vitest'
import { admissionContract } from './admission.ts'
import { auditContract } from './audit.ts'
import { changesContract } from './changes.ts'
import { deliveriesContract } from './deliveries.ts'
import { directoryContract } from './directory.ts'
import { historiesContract } from './histories.ts'
import { listsContract } from './lists.ts'
import { looksContract } from './looks.ts'
import type { Open } from './open-ledger.ts'
import { outboxContract } from './outbox.ts'
import { pulseContract } from './pulse.ts'
import { quotasContract } from './quotas.ts'
import { repetitionsContract } from './repetitions.ts'
import { retentionContract } from './retention.ts'
import { settlementContract } from './settlement.ts'
import { survivalContract } from './survival.ts'
import { thresholdsContract } from './thresholds.ts'
import { usageContract } from './usage.ts'
import { verifyContract } from './verify.ts'
import { webhooksContract } from './webhooks.ts'

export type { Open, OpenLedger } from './open-ledger.ts'

/** Puts a store to the contract. @param open gives a fresh ledger that no other test sees */
export function ledgerContract (open: Open): void {
  describe('admission', () => admissionContract(open))
  describe('quotas', () => quotasContract(open))
  describe('changes', () => changesContract(open))
  describe('settlement', () => settlementContract(open))
  describe('repetitions', () => repetitionsContract(open))
  describe('looks', () => looksContract(open))
  describe('lists', () => listsContract(open))
  describe('directory', () => directoryContract(open))
  describe('verify', () => verifyContract(open))
  describe('audit', () => auditContract(open))
  describe('usage', () => usageContract(open))
  describe('pulse', () => pulseContract(open))
  describe('webhooks', () => webhooksContract(open))
  describe('outbox', () => outboxContract(open))
  describe('deliveries', () => deliveriesContract(open))
  describe('thresholds', () => thresholdsContract(open))
  describe('survival', () => survivalContract(open))
  describe('retention', () => retentionContract(open))
  describe('histories', () => historiesContract(open))
}
