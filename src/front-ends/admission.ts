/** Rooms whose owners decide who comes in, over Socket.IO: the machine, its connections and its routes. */
import type { AdmissionOn } from '../config/config.ts'
import { createThrottle } from '../core/throttle.ts'
import { type Gate, refusalAtGate } from '../io/admit-socket.ts'
import { createAlarm, now } from '../io/clock.ts'
import { createRandom } from '../io/random.ts'
import type { Methods, Paths } from '../io/router.ts'
import { runFrontEnd } from '../io/run-front-end.ts'
import { appMethods, rootMethods } from '../io/socketio/app-route.ts'
import { clientBundle } from '../io/socketio/client-bundle.ts'
import { longestPacket } from '../io/socketio/engine.ts'
import { createSocketIo, type SocketIoSockets } from '../io/socketio/sockets.ts'
import type { Watched } from '../observe/exposition.ts'
import { createAdmission } from '../protocols/admission/connection.ts'
import { errorCodes } from '../protocols/admission/errors.ts'
import { admittedApp } from '../protocols/admission/token.ts'
import { describeError, type RunningFrontEnd, type Surroundings } from './running.ts'

export interface RunningAdmission extends RunningFrontEnd {
  readonly watched: Pick<Watched, 'admission'>
}

export function startAdmission(config: AdmissionOn, { report, gate, iceServers }: Surroundings): RunningAdmission {
  const parts = new DisposableStack()

  // what we speak
  const frontEnd = createAdmission(config, { random: createRandom(), iceServers })

  // where machine and world meet
  const alarm = parts.use(createAlarm())
  const runner = runFrontEnd(frontEnd, {
    now,
    send: (to, frame) => sockets.send(to, frame),
    close: (to) => sockets.close(to),
    publish: () => {},
    ask: (nothing) => nothing,
    failed: (nothing) => nothing,
    command: () => {},
    reply: () => {},
    note: report.note,
    broke: (where, error) => report.note({ fact: 'machine-broke', where, error: describeError(error) }),
    wakeAt: alarm.wakeAt,
  })
  const sockets = parts.use(
    createSocketIo({
      origins: config.origins,
      listener: runner,
      refusal(token, address) {
        if (admittedApp(config.appSecret, token, now()) !== undefined) return undefined
        report.note({ fact: 'admission-connect-refused', address })
        return errorCodes.token_invalid.message
      },
    }),
  )

  return {
    paths: admissionPaths(config, gate, sockets, report),
    longestMessage: longestPacket,
    watched: { admission: () => ({ sockets: frontEnd.size }) },
    reload() {},
    async drained() {
      while (frontEnd.size > 0) await Bun.sleep(500)
    },
    closeAll: sockets.closeAll,
    emptied: sockets.emptied,
    [Symbol.dispose]: () => parts.dispose(),
  }
}

function admissionPaths(
  { path: root, origins, appPassword, appSecret }: AdmissionOn,
  gate: Gate,
  sockets: SocketIoSockets,
  { note }: Surroundings['report'],
): Paths {
  const connect = (request: Request, address: string, server: Parameters<SocketIoSockets['handle']>[0]['server']) =>
    (isNew(request) ? refusalAtGate(gate, sockets, address) : undefined) ?? sockets.handle({ request, address, server })
  const socketIo: Methods = { GET: connect, POST: connect, OPTIONS: connect }
  const app = appMethods({
    keys: { password: appPassword, secret: appSecret },
    origins,
    throttle: createThrottle(),
    note,
  })
  const within = root === '/' ? '/' : `${root}/`
  return (path) => {
    if (path === root || path === within) return socketIo
    if (path === '/app') return app
    // Whoever else has this path comes first.
    if (path === '/') return rootMethods(origins)
    const bundle = path.startsWith(within) ? clientBundle(path.slice(within.length)) : undefined
    return bundle && { GET: bundle }
  }
}

const isNew = (request: Request): boolean => !new URL(request.url).searchParams.has('sid')
