// Alibaba's Wan 2.2 text-to-video, "plus": 5 seconds at 30 frames a second in 480P or 1080P.
// Source: the provider's page "Create Generation Task" for wan2.2-t2v-plus, and its newer copy for `safety_filter`.
import { defineEndpoint } from '../../endpoint.ts'
import { fixedNumber, flag, optionalText, requiredText, sameModel, sizeOf, wholeNumber, type Size } from '../../fields.ts'

// The page's example with 1280*720 contradicts its own list: the model has no 720P tier.
const SIZES: readonly Size[] = [
  { size: '832*480', ratio: '16:9', tier: '480P' },
  { size: '480*832', ratio: '9:16', tier: '480P' },
  { size: '624*624', ratio: '1:1', tier: '480P' },
  { size: '1920*1080', ratio: '16:9', tier: '1080P' },
  { size: '1080*1920', ratio: '9:16', tier: '1080P' },
  { size: '1440*1440', ratio: '1:1', tier: '1080P' },
  { size: '1632*1248', ratio: '4:3', tier: '1080P' },
  { size: '1248*1632', ratio: '3:4', tier: '1080P' }
]

export const wan22T2vPlus = defineEndpoint({
  model: 'alibaba/wan2.2-t2v-plus',
  path: '/vendors/alibaba/v1/wan2.2-t2v-plus/generation',
  shortPaths: ['/generation'],
  fields: {
    prompt: { schema: requiredText(800), description: 'What the video shows: 1 to 800 characters after trimming.' },
    negative_prompt: { schema: optionalText(500), description: 'What it must not show: at most 500 characters. Empty or null is none.' },
    size: { schema: sizeOf(SIZES), default: '1920*1080', description: 'Width and height. What it costs follows from it.' },
    duration: { schema: fixedNumber(5, 'seconds'), default: 5, description: 'Seconds; this model makes 5.' },
    prompt_extend: { schema: flag(), default: true, description: 'Whether the provider may embellish the prompt.' },
    seed: { schema: wholeNumber(0, 2147483647), description: 'The same seed makes results alike.' },
    safety_filter: { schema: flag(), assumed: true, description: 'Whether the provider filters what is unsafe; it does when nothing is said.' },
    model: { schema: sameModel(['wan2.2-t2v-plus', 'alibaba/wan2.2-t2v-plus']), description: 'The URL names the model already; it is not sent on.' }
  },
  examples: {
    'a small video': { value: { prompt: 'A small cat running in the moonlight', size: '832*480' } },
    'everything that can be said': {
      value: {
        prompt: 'A small cat running in the moonlight',
        negative_prompt: 'dogs',
        size: '1080*1920',
        duration: 5,
        prompt_extend: false,
        seed: 7,
        safety_filter: true
      }
    }
  },
  tiers: ['480P', '1080P'],
  tier (body) {
    const known = SIZES.find(({ size }) => size === body['size'])
    if (known === undefined) throw new Error('a complete body has a known size')
    return known.tier
  }
})
