// Where messages may go: nowhere that only the gateway can reach, however the address is written.
import { expect, test } from 'vitest'
import { openAddressGuard } from '../../src/webhooks/address-guard.ts'

const strict = openAddressGuard({ allowHttp: false, allowCidrs: [] })
const open = openAddressGuard({ allowHttp: true, allowCidrs: [] })

test.each(['1.1.1.1', '8.8.8.8', '93.184.216.34', '172.15.255.255', '172.32.0.0', '100.63.255.255', '100.128.0.0', '198.17.255.255', '223.255.255.255', '2606:4700:4700::1111', '2a00:1450:4001::200e', '2001:4860:4860::8888'])('%s is public and permitted', address => {
  expect(open.permits(address)).toBe(true)
})

test.each([
  '0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.255',
  '192.0.0.1', '192.0.2.1', '192.168.1.1', '198.18.0.1', '198.19.255.255', '198.51.100.7', '203.0.113.7', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255',
  '::', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::1', '100::1', '2001::1', '2001:2::1', '2001:db8::1',
  '2002:7f00:1::', '3fff::1', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', 'no address', ''
])('%s is refused', address => {
  expect(open.permits(address)).toBe(false)
})

test('what is allowed is permitted, in each of its forms, and nothing beside it', () => {
  const guard = openAddressGuard({ allowHttp: true, allowCidrs: ['127.0.0.0/8', '10.1.0.0/16', 'fd00::/8', '169.254.169.254'] })
  for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '10.1.2.3', 'fd12::1', '169.254.169.254', '8.8.8.8']) expect(guard.permits(address), address).toBe(true)
  for (const address of ['10.2.0.1', 'fc00::1', '::1', '169.254.169.253']) expect(guard.permits(address), address).toBe(false)
})

const PRIVATE = /public address/
test.each([
  'http://169.254.169.254/latest/meta-data', 'http://127.0.0.1:6379', 'http://2130706433/', 'http://0x7f000001/', 'http://0x7f.1/', 'http://017700000001/', 'http://127.1/', 'http://0/',
  'http://[::1]/', 'http://[::ffff:127.0.0.1]/', 'http://[::ffff:a9fe:a9fe]/', 'http://[fe80::1]/', 'http://[0:0:0:0:0:0:0:1]/', 'http://10.0.0.1./', 'http://１２７.０.０.１/'
])('the literal address of %s is known for what it is', url => {
  expect(open.problemOf(url)).toMatch(PRIVATE)
})

test('plain http is a problem unless it is allowed, https never is', () => {
  expect(strict.problemOf('http://receiver.example/')).toMatch(/https/)
  expect(open.problemOf('http://receiver.example/')).toBe(undefined)
  expect(strict.problemOf('https://receiver.example:8443/hooks?a=b')).toBe(undefined)
  expect(strict.problemOf('https://127.0.0.1/')).toMatch(PRIVATE)
})

test('a name tells nothing before it is connected to', () => {
  expect(open.problemOf('http://localhost/')).toBe(undefined)
})
