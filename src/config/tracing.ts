// OpenTelemetry's own variables, as far as the gateway reads them itself.
import { z } from 'zod'
import { Secret } from '../kernel/secret.ts'
import type { TracingOptions } from '../telemetry/tracing.ts'

type Variables = {
  OTEL_EXPORTER_OTLP_ENDPOINT?: URL | undefined
  OTEL_EXPORTER_OTLP_HEADERS: Record<string, Secret>
  OTEL_SERVICE_NAME: string
  OTEL_TRACES_SAMPLER: TracingOptions['sampler']
  OTEL_TRACES_SAMPLER_ARG: number
  OTEL_BSP_SCHEDULE_DELAY: number
  OTEL_SDK_DISABLED: boolean
}

const HEADER = /^\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*([\x21-\x7e]*)\s*$/

/** As the specification has it: `name=value,name=value`, the values percent-encoded. */
export const headers = z.string().transform((text, context): Record<string, Secret> => {
  const lines = text.split(',').map(line => HEADER.exec(line))
  try {
    if (lines.every(line => line !== null)) return Object.fromEntries(lines.map(([, name = '', value = '']) => [name, new Secret(decodeURIComponent(value))]))
  } catch { /* a percent sign that encodes nothing */ }
  context.addIssue({ code: 'custom', message: 'must be headers as name=value, comma-separated, values percent-encoded, for example authorization=Bearer%20collector-token' })
  return z.NEVER
})

/** Nothing is traced without an endpoint, whatever else is set. */
export function tracingOf (read: Variables): TracingOptions | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = read
  if (endpoint === undefined || read.OTEL_SDK_DISABLED) return undefined
  return {
    endpoint,
    headers: read.OTEL_EXPORTER_OTLP_HEADERS,
    serviceName: read.OTEL_SERVICE_NAME,
    sampler: read.OTEL_TRACES_SAMPLER,
    sampledPart: read.OTEL_TRACES_SAMPLER_ARG,
    exportEveryMs: read.OTEL_BSP_SCHEDULE_DELAY
  }
}
