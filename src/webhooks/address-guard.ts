// Where messages may go: a team chooses the URL, and must not reach what only the gateway can.
import { lookup as resolve } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'

export type AddressRules = {
  /** receivers without TLS */
  allowHttp: boolean
  /** addresses and ranges that are permitted although they are private: `10.0.0.0/8` */
  allowCidrs: readonly string[]
}

/** The message goes to an address that is not permitted; the address itself is the network's business. */
export class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED'
  constructor () { super('the address is not permitted') }
}

export interface AddressGuard {
  permits (address: string): boolean
  /** Why nothing is ever sent there, or undefined if only the connection can tell. */
  problemOf (url: string): string | undefined
  /** Connects only to permitted addresses: the one that was checked is the one that is connected to. */
  connector: buildConnector.connector
}

// https://www.iana.org/assignments/iana-ipv4-special-registry and multicast; 192.88.99.0/24 is the old way to IPv6.
const REFUSED_IPV4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16',
  '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'
]
// https://www.iana.org/assignments/iana-ipv6-special-registry: only 2000::/3 is global, and not all of it. What lies outside includes
// ::1, IPv4-mapped and NAT64 addresses, unique-local, link-local and multicast ones.
const REFUSED_IPV6 = ['::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

const CONNECT_TIMEOUT_MS = 5000

export function openAddressGuard ({ allowHttp, allowCidrs }: AddressRules): AddressGuard {
  // Two lists, because an IPv4 address is found in the ranges of IPv6 as well, as a mapped one.
  const refused = { ipv4: listOf(REFUSED_IPV4), ipv6: listOf(REFUSED_IPV6) }
  const allowed = listOf(allowCidrs)

  function permits (address: string): boolean {
    const [plain = ''] = address.split('%')
    const family = isIP(plain)
    if (family === 0) return false
    const type = family === 4 ? 'ipv4' : 'ipv6'
    return allowed.check(plain, type) || !refused[type].check(plain, type)
  }

  const lookup: LookupFunction = (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, [])
      const permitted = addresses.filter(({ address }) => permits(address))
      const [first] = permitted
      if (first === undefined) return callback(new AddressRefused(), [])
      if (options.all === true) return callback(null, permitted)
      callback(null, first.address, first.family)
    })
  }
  // Over HTTP/2 all attempts would share one connection, which undici does not give up when it dies without a word.
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, lookup, allowH2: false })

  return {
    permits,

    problemOf (url) {
      const { protocol, hostname } = new URL(url)
      if (protocol !== 'https:' && !allowHttp) return 'must be an https URL: this gateway sends nothing unencrypted'
      const literal = hostname.replace(/^\[|\]$/g, '')
      return isIP(literal) === 0 || permits(literal) ? undefined : 'must be a public address: this gateway sends nothing to private networks'
    },

    connector (options, callback) {
      // A host that is an address is never looked up.
      const literal = options.hostname.replace(/^\[|\]$/g, '')
      if (isIP(literal) !== 0 && !permits(literal)) return callback(new AddressRefused(), null)
      connect(options, (error, socket) => {
        if (error !== null) return callback(error, null)
        if (permits(socket.remoteAddress ?? '')) return callback(null, socket)
        socket.destroy()
        callback(new AddressRefused(), null)
      })
    }
  }
}

function listOf (ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const type = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, type)
    else list.addSubnet(address, Number(bits), type)
  }
  return list
}
