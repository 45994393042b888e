// The Kubernetes manifests are ones that a cluster takes, agree with each other, and with what the gateway reads.
import { Deployment } from 'kubernetes-models/apps/v1'
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, Service, ServiceAccount } from 'kubernetes-models/v1'
import { readdirSync } from 'node:fs'
import type { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { readConfig, VARIABLES } from '../../src/config/config.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway } from '../support/gateway.ts'
import { openSocket } from '../support/raw-http.ts'
import { KINDS, unknownFields, type Kind } from './kubernetes-schema.ts'
import { readYaml, ROOT, withoutFiles } from './read-yaml.ts'
import { z } from 'zod'

const FOLDER = 'docker/kubernetes'
const named = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string() }) })
const kustomization = z.object({ resources: z.array(z.string()) }).parse(readYaml(`${FOLDER}/kustomization.yaml`))
const manifests = kustomization.resources.map(file => ({ file, value: named.parse(readYaml(`${FOLDER}/${file}`)) }))

const labels = z.record(z.string(), z.string())
const port = z.object({ name: z.string(), containerPort: z.number() })
const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) })
const container = z.looseObject({
  image: z.string(),
  ports: z.array(port),
  envFrom: z.array(z.object({ configMapRef: z.object({ name: z.string() }) })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() }))
})
const pod = z.looseObject({
  serviceAccountName: z.string(),
  terminationGracePeriodSeconds: z.number(),
  topologySpreadConstraints: z.array(z.looseObject({ labelSelector: z.object({ matchLabels: labels }) })),
  containers: z.tuple([container]),
  volumes: z.array(z.object({ name: z.string(), secret: z.looseObject({ secretName: z.string(), items: z.array(z.object({ key: z.string(), path: z.string() })) }) }))
})
const deployment = z.looseObject({
  spec: z.looseObject({ replicas: z.number(), selector: z.object({ matchLabels: labels }), template: z.object({ metadata: z.object({ labels }), spec: pod }) })
}).parse(manifest('Deployment'))
const { selector, template: { metadata: { labels: podLabels }, spec } } = deployment.spec
const [gateway] = spec.containers
const { data: variables } = z.looseObject({ data: z.record(z.string(), z.string()) }).parse(manifest('ConfigMap'))
const config = readConfig(withoutFiles(variables))

function manifest (kind: Kind): z.output<typeof named> {
  const [found, ...more] = manifests.filter(({ value }) => value.kind === kind)
  if (found === undefined || more.length > 0) throw new Error(`one ${kind} was expected`)
  return found.value
}

test('every file in the folder is applied', () => {
  expect(readdirSync(`${ROOT}${FOLDER}`).sort()).toEqual([...kustomization.resources, 'kustomization.yaml'].sort())
})

const MODELS = { ServiceAccount, ConfigMap, Service, Deployment, PodDisruptionBudget, HorizontalPodAutoscaler, NetworkPolicy } as const

test.each(manifests)('$file has only values that Kubernetes takes, and no namespace', ({ value }) => {
  const kind = z.enum(Object.keys(KINDS) as [Kind, ...Kind[]]).parse(value.kind)
  expect(value).toMatchObject({ apiVersion: MODELS[kind].apiVersion, metadata: { name: 'mulegate' } })
  expect(value.metadata).not.toHaveProperty('namespace')
  expect(() => new MODELS[kind](value as never).validate()).not.toThrow()
})

test('they have only fields that Kubernetes knows, and what is misspelt is found', () => {
  const all = manifests.map(({ value }) => ({ kind: value.kind as Kind, value }))
  expect(unknownFields(all)).toEqual([])
  const misspelt = JSON.parse(JSON.stringify(manifest('Deployment')).replace('"readinessProbe"', '"readynessProbe"'))
  expect(unknownFields([{ kind: 'Deployment', value: misspelt }])).toEqual([expect.stringContaining('readynessProbe')])
})

test('a value that Kubernetes does not take is found', () => {
  const wrong = JSON.parse(JSON.stringify(manifest('Deployment')).replace('"replicas":2', '"replicas":"two"'))
  expect(() => new Deployment(wrong).validate()).toThrow()
})

test('everything that chooses pods chooses those of the Deployment', () => {
  const selects = (kind: Kind, schema: z.ZodType<Record<string, string>>): Record<string, string> => schema.parse(z.looseObject({ spec: z.unknown() }).parse(manifest(kind)).spec)
  expect(podLabels).toMatchObject(selector.matchLabels)
  for (const chosen of [
    selects('Service', z.looseObject({ selector: labels }).transform(({ selector }) => selector)),
    selects('PodDisruptionBudget', z.looseObject({ selector: z.object({ matchLabels: labels }) }).transform(({ selector }) => selector.matchLabels)),
    selects('NetworkPolicy', z.looseObject({ podSelector: z.object({ matchLabels: labels }) }).transform(({ podSelector }) => podSelector.matchLabels)),
    ...spec.topologySpreadConstraints.map(({ labelSelector }) => labelSelector.matchLabels)
  ]) expect(chosen).toEqual(selector.matchLabels)
  expect(manifest('HorizontalPodAutoscaler')).toMatchObject({ spec: { scaleTargetRef: { kind: 'Deployment', name: manifest('Deployment').metadata.name }, minReplicas: deployment.spec.replicas } })
  expect(spec.serviceAccountName).toBe(manifest('ServiceAccount').metadata.name)
})

test('every variable is one that the gateway knows, and together they are a configuration', () => {
  expect(Object.keys(variables).filter(name => !VARIABLES.includes(name))).toEqual([])
  expect(gateway.envFrom).toEqual([{ configMapRef: { name: manifest('ConfigMap').metadata.name } }])
})

test('the ports of pod, Service, policy and probes are those that the gateway listens on', () => {
  expect(config.host).toBe('0.0.0.0')
  expect(gateway.ports).toEqual([{ name: 'http', containerPort: config.port }, { name: 'ops', containerPort: config.opsPort }])
  expect(manifest('Service')).toMatchObject({ spec: { ports: [{ name: 'http', targetPort: 'http' }, { name: 'ops', targetPort: 'ops' }] } })
  expect(manifest('NetworkPolicy')).toMatchObject({ spec: { ingress: [{ ports: [{ port: 'http' }] }, { ports: [{ port: 'ops' }] }] } })
  for (const probe of [gateway.startupProbe, gateway.readinessProbe]) expect(probe.httpGet.port).toBe('http')
  expect(gateway.readinessProbe.httpGet.path).toBe('/readyz?scope=instance')
})

test('callers who take up all connections of their port do not have the pod started again', async () => {
  expect(gateway.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'ops' })
  const flooded = await startGateway({ OPS_PORT: '0' }, { connectionLimits: { connectionsMax: 2 } })
  onTestFinished(() => flooded.stop())
  const sockets = await Promise.all(Array.from({ length: 12 }, () => openSocket(flooded.origin)))
  const refused = new Set<Socket>()
  for (const socket of sockets) socket.on('error', () => {}).on('close', () => refused.add(socket)).resume()
  await eventually(() => refused.size >= 10, 'nobody else is taken')
  expect((await flooded.call('GET', gateway.livenessProbe.httpGet.path, { origin: flooded.opsOrigin })).status).toBe(200)
  for (const socket of sockets) socket.destroy()
})

test('every secret is mounted as a file in a whole folder, where its variable says, so that a change arrives', () => {
  const [mount, ...more] = gateway.volumeMounts
  const [volume] = spec.volumes
  expect(more).toEqual([])
  expect(mount).not.toHaveProperty('subPath')
  expect(volume?.name).toBe(mount?.name)
  const files = Object.fromEntries(Object.entries(variables).filter(([name]) => name.endsWith('_FILE')))
  const mounted = volume?.secret.items.map(({ path }) => [`${path.toUpperCase()}_FILE`, `${mount?.mountPath}/${path}`])
  expect(files).toEqual(Object.fromEntries(mounted ?? []))
})

test('a pod has time to say that it goes, to finish, and five seconds more', () => {
  expect(spec.terminationGracePeriodSeconds * 1000).toBeGreaterThanOrEqual(config.shutdownGraceMs + 5000)
  expect(config.shutdownDelayMs).toBeGreaterThan(0)
})

test('the pod keeps to the restricted profile of the Pod Security Standards', () => {
  expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false, securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } } })
  expect(gateway).toMatchObject({ securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } } })
})
