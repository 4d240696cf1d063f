/** Writes databases in MaxMind's format (version 2.0), as small as tests want them. */
import { parseIpAddress } from '../../src/lib/ip-address.ts'

const [textType, uint16, uint32, map, array, uint64] = [2, 5, 6, 7, 11, 9]

type Value = string | number | { readonly [key: string]: Value } | readonly Value[] | bigint

function control(type: number, size: number): Buffer {
  if (size > 28) throw new Error('too long for a test')
  return type <= 7 ? Buffer.from([(type << 5) | size]) : Buffer.from([size, type - 7])
}

function encode(value: Value): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(textType, value.length), Buffer.from(value)])
  if (typeof value === 'bigint') return withNumber(uint64, value)
  if (typeof value === 'number') return withNumber(value > 0xffff ? uint32 : uint16, BigInt(value))
  if (Array.isArray(value)) return Buffer.concat([control(array, value.length), ...value.map(encode)])
  const entries = Object.entries(value)
  return Buffer.concat([control(map, entries.length), ...entries.flatMap(([key, one]) => [encode(key), encode(one)])])
}

function withNumber(type: number, value: bigint): Buffer {
  const digits = value === 0n ? '' : value.toString(16)
  const bytes = Buffer.from(digits.length % 2 === 1 ? `0${digits}` : digits, 'hex')
  return Buffer.concat([control(type, bytes.length), bytes])
}

interface Node {
  readonly children: [Node | number | undefined, Node | number | undefined]
}
const newNode = (): Node => ({ children: [undefined, undefined] })

/** IPv4 addresses lie at `::/96`. */
function bitsOf(address: string): readonly (0 | 1)[] {
  const ip = parseIpAddress(address)
  if (!ip) throw new Error(`no address: ${address}`)
  const words = ip.family === 4 ? [0, 0, 0, ip.value] : ip.words
  return words.flatMap((word) => Array.from({ length: 32 }, (_, bit) => ((word >>> (31 - bit)) & 1 ? 1 : 0)))
}

/** `{ '192.0.2.0/24': 'DE' }`: networks that do not overlap, and their countries. */
export function countryDatabase(networks: Readonly<Record<string, string>>): Buffer {
  const root = newNode()
  let data = Buffer.alloc(0)
  for (const [network, country] of Object.entries(networks)) {
    const [address = '', length = '0'] = network.split('/')
    const prefix = Number(length) + (address.includes(':') ? 0 : 96)
    let node = root
    for (const bit of bitsOf(address).slice(0, prefix - 1)) {
      const next = node.children[bit]
      if (typeof next === 'number') throw new Error('networks overlap')
      const child = next ?? newNode()
      node.children[bit] = child
      node = child
    }
    node.children[bitsOf(address)[prefix - 1] ?? 0] = data.length
    data = Buffer.concat([data, encode({ country: { iso_code: country } })])
  }
  return Buffer.concat([
    tree(root),
    Buffer.alloc(16),
    data,
    Buffer.from('abcdef', 'hex'),
    Buffer.from('MaxMind.com'),
    encode(metadata(nodesOf(root).length)),
  ])
}

function nodesOf(root: Node): readonly Node[] {
  const nodes = [root]
  for (const { children } of nodes) for (const child of children) if (typeof child === 'object') nodes.push(child)
  return nodes
}

/** Two records of 24 bits a node: another node, nothing (the number of nodes), or behind that a place in the data. */
function tree(root: Node): Buffer {
  const nodes = nodesOf(root)
  const number = new Map(nodes.map((node, index) => [node, index]))
  const bytes = Buffer.alloc(nodes.length * 6)
  for (const [index, { children }] of nodes.entries()) {
    for (const [side, child] of children.entries()) {
      const record =
        typeof child === 'number' ? nodes.length + 16 + child : ((child && number.get(child)) ?? nodes.length)
      bytes.writeUIntBE(record, index * 6 + side * 3, 3)
    }
  }
  return bytes
}

const metadata = (nodes: number): Value => ({
  node_count: nodes,
  record_size: 24,
  ip_version: 6,
  database_type: 'Test-Country',
  languages: ['en'],
  binary_format_major_version: 2,
  binary_format_minor_version: 0,
  build_epoch: 1_700_000_000n,
  description: { en: 'for tests' },
})
