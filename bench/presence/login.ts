/** What a login costs while 5,000 connections are open: CPU of a server of its own, and of the machine alone. `bun bench/presence/login.ts` */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { connectionId } from '../../src/core/ids.ts'
import { createPresence } from '../../src/protocols/presence/connection.ts'
import { startChild } from '../../test/support/child.ts'
import { freePort } from '../../test/support/free-port.ts'
import { type StubOidc, startStubOidc } from '../../test/support/oidc-stub.ts'
import { testKeys } from '../../test/support/server-conf.ts'
import { tempFolder } from '../../test/support/temp-folder.ts'

const connections = Number(process.argv[2] ?? 5_000)
/** Of each user; the way up would otherwise cost more than what is measured: everybody is told of everybody. */
const devices = 10
const logins = 20

/** The machine, with as many users as there are connections. */
function machineAlone(): void {
  const settings = { grace: 0, interval: 0, isStrict: false, closesExpired: false, devicesPerUser: 16 }
  const presence = createPresence({ ...settings, revision: 1, messagesPerSecond: 0 })
  const login = (number: number) =>
    presence.opened(
      connectionId(number),
      {
        address: '',
        identity: { issuer: 'https://login.example', subject: `u${number}`, username: `User ${number}` },
        expires: 0,
      },
      0,
    )
  for (let number = 0; number < connections; number++) login(number)
  const start = performance.now()
  let frames = 0
  let bytes = 0
  for (let number = 0; number < logins; number++) {
    for (const effect of login(connections + number)) {
      if (effect.do !== 'send') continue
      frames++
      bytes += effect.to.length * effect.frame.text.length
    }
  }
  const each = (performance.now() - start) / logins
  console.log(
    `machine alone, ${connections} users: ${each.toFixed(3)} ms, ${frames / logins} frame encoded, ${Math.round(bytes / logins / 1_000)} kB told for each login`,
  )
}

interface Seat {
  readonly socket: WebSocket
  heard: number
}

async function connect(address: string, oidc: StubOidc, subject: string): Promise<Seat> {
  const token = await oidc.token({ sub: subject, preferred_username: subject })
  const socket = new WebSocket(`ws://${address}/?oidc=${token}`)
  const seat: Seat = { socket, heard: 0 }
  const first = Promise.withResolvers<void>()
  socket.onmessage = () => {
    seat.heard++
    first.resolve()
  }
  socket.onclose = () => first.reject(new Error('closed'))
  await first.promise
  return seat
}

/** ms of CPU since the start of the process, in the program and in the kernel. */
async function cpuOf(pid: number): Promise<{ readonly user: number; readonly kernel: number }> {
  const fields = (await Bun.file(`/proc/${pid}/stat`).text()).split(') ')[1]?.split(' ') ?? []
  return { user: Number(fields[11]) * 10, kernel: Number(fields[12]) * 10 }
}

async function wholeServer(): Promise<void> {
  await using oidc = startStubOidc()
  await using folder = tempFolder()
  const address = `127.0.0.1:${await freePort()}`
  const file = folder.file('presence.conf')
  writeFileSync(
    file,
    `[http]\nlisten = ${address}\n[sessions]\nhashkey = ${testKeys.hashKey}\n[presence]\nproviders = one\ninterval = 0\ngrace = 0\n[presence-one]\nissuer = ${oidc.url}\naudience = my-client\n`,
  )
  await using server = startChild([resolve(import.meta.dir, '../../bin/heliograph'), 'serve', '--config', file])
  await server.said(/"listening"/, 20_000)
  const seats: Seat[] = []
  for (let number = 0; number < connections; number += 50) {
    const batch = Array.from({ length: 50 }, (_, index) =>
      connect(address, oidc, `u${Math.floor((number + index) / devices)}`),
    )
    seats.push(...(await Promise.all(batch)))
  }
  await quiet(seats)
  const before = seats.reduce((sum, { heard }) => sum + heard, 0)
  const cpuBefore = await cpuOf(server.pid)
  const start = performance.now()
  const comers: Seat[] = []
  for (let number = 0; number < logins; number++) comers.push(await connect(address, oidc, `comer${number}`))
  await quiet(seats)
  const told = seats.reduce((sum, { heard }) => sum + heard, 0) - before
  const cpu = await cpuOf(server.pid)
  const [user, kernel] = [(cpu.user - cpuBefore.user) / logins, (cpu.kernel - cpuBefore.kernel) / logins]
  console.log(
    `whole server, ${connections} connections of ${connections / devices} users: ${(user + kernel).toFixed(1)} ms CPU (${user.toFixed(1)} in the program, the rest in the kernel) and ${(told / logins).toFixed(0)} frames for each login, ${Math.round((performance.now() - start) / logins)} ms from one to the next`,
  )
  for (const { socket } of [...seats, ...comers]) socket.close()
}

/** Until nothing has been heard for a while. */
async function quiet(seats: readonly Seat[]): Promise<void> {
  for (let last = -1, heard = 0; heard !== last; ) {
    last = heard
    await Bun.sleep(500)
    heard = seats.reduce((sum, seat) => sum + seat.heard, 0)
  }
}

machineAlone()
await wholeServer()
