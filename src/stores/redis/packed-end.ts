// What a task ends with, packed: most of it is upstream's last body, and half of that is the same in all of them.
import { deflateRawSync, inflateRawSync } from 'node:zlib'

const BEYOND_ASCII = /[\x80-\xff]/
/** No JSON begins with it. */
const PACKED = 'z'
/** What is allocated at a time; most ends are shorter, and the 16 KiB of the default cost a third more time. */
const CHUNK_BYTES = 2048

/**
 * What such texts have in common; what is frequent comes last. A promise to data that is already written: it never changes, another one needs another mark.
 * The signed URLs are those of the object stores that media are usually served from.
 */
const DICTIONARY = Buffer.from([
  '{"code":"message":"detail":"title":"error_code":"error_message":"reason":"content_policy_violation","error":{"code":500,"title":"Generation failed","detail":"',
  '?OSSAccessKeyId=&X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=&X-Goog-Expires=&X-Goog-SignedHeaders=host&X-Goog-Signature=',
  '?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&X-Amz-Credential=%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=&X-Amz-Expires=86400&X-Amz-Security-Token=',
  '&X-Amz-Signature=&X-Amz-SignedHeaders=host&x-id=GetObject&Key-Pair-Id=&Policy=.amazonaws.com/.aliyuncs.com/storage.googleapis.com/.cloudfront.net/',
  '.mp3"],"audios":["https://.png","width":"height":"duration":"images":["https://media.mulerouter.ai/ephemeral//result_01.mp4?Expires=&Signature=',
  '{"id":"","m":"refunded","u":,"c":"","b":{"task_info":{"id":"","status":"failed","created_at":"2026-11-22T12:00:00.',
  '{"id":"","m":"spent","u":,"c":"","b":{"task_info":{"id":"","status":"completed","created_at":"2026-11-22T12:00:00.000000+00:00","updated_at":"2026-11-22T12:00:00.000000+00:00"},',
  '"videos":["https://media.mulerouter.ai/ephemeral/result_00.mp4?Expires=17&Signature="]}}'
].join(''))

const OPTIONS = { dictionary: DICTIONARY, chunkSize: CHUNK_BYTES }

/** A text in fewer bytes, of which each may be any. */
export function packEnd (text: string): Buffer { return Buffer.concat([Buffer.from(PACKED), deflateRawSync(text, OPTIONS)]) }

/** @param line bytes as they come from Redis, packed or not */
export function unpackEnd (line: string): string {
  return line.startsWith(PACKED) ? inflateRawSync(Buffer.from(line.slice(PACKED.length), 'latin1'), OPTIONS).toString() : textOf(line)
}

/** The text of these bytes. */
export function textOf (bytes: string): string { return BEYOND_ASCII.test(bytes) ? Buffer.from(bytes, 'latin1').toString() : bytes }
