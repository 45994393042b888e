// The names of things: branded strings, and how new ones are made.
import { customAlphabet, random } from 'nanoid'
import { shardOf } from './shard.ts'

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** A team's slug, chosen by the operator. */
export type TeamId = Branded<'TeamId'>
/** `key_…`: names an API key; it is not the key. */
export type KeyId = Branded<'KeyId'>
/** `tsk_…`: the gateway's own name of a task, known before anything is sent. */
export type TaskRef = Branded<'TaskRef'>
/** The provider's id of a task, opaque to the gateway. */
export type TaskId = Branded<'TaskId'>
/** A webhook's slug, chosen by its team. */
export type WebhookId = Branded<'WebhookId'>
/** `msg_…`: names what a webhook is told, the same in every attempt; it also names the delivery to that webhook. */
export type MessageId = Branded<'MessageId'>

export const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Random base62 text from the system's secure source, without bias. */
export const randomBase62 = customAlphabet(BASE62)
/** So many random bytes, hexadecimal, from the same source. */
export function randomHex (bytes: number): string { return random(bytes).toHex() }

const TEAM_ID = /^[a-z0-9-]{1,40}$/
const KEY_ID = /^key_[0-9A-Za-z]{1,40}$/
const TASK_ID = /^[A-Za-z0-9._-]{1,128}$/
const TASK_REF = /^tsk_[0-9A-Za-z]{1,60}$/
const WEBHOOK_ID = /^[a-z0-9-]{1,40}$/
const MESSAGE_ID = /^msg_[0-9A-Za-z_]{1,120}$/

export function isTeamId (text: string): text is TeamId { return TEAM_ID.test(text) }
export function isKeyId (text: string): text is KeyId { return KEY_ID.test(text) }
export function isTaskId (text: string): text is TaskId { return TASK_ID.test(text) }
export function isTaskRef (text: string): text is TaskRef { return TASK_REF.test(text) }
export function isWebhookId (text: string): text is WebhookId { return WEBHOOK_ID.test(text) }
export function isMessageId (text: string): text is MessageId { return MESSAGE_ID.test(text) }

export function newKeyId (): KeyId { return `key_${randomBase62(16)}` as KeyId }
/** Begins with the team's shard, so that whoever has the reference knows where the task lies. */
export function newTaskRef (team: TeamId): TaskRef { return `tsk_${shardOf(team)}${randomBase62(22)}` as TaskRef }
export function newMessageId (): MessageId { return `msg_${randomBase62(24)}` as MessageId }
/** The id of what is told of a task: the same whoever tells it, and however often. */
export function messageIdOf (ref: TaskRef, about: string): MessageId { return `msg_${ref.slice('tsk_'.length)}_${about}` as MessageId }
export function newRequestId (): string { return `req_${randomBase62(20)}` }
