/** Debian's Janus on free loopback ports: VideoRoom and WebSockets only, media on 127.0.0.1, ended with its scope. */
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Child, startChild } from './child.ts'
import { type DebianProgram, debian } from './deb.ts'
import { freePort } from './free-port.ts'
import { at, isObject, type JsonObject, parseJson, textAt } from './json.ts'
import { type TempFolder, tempFolder } from './temp-folder.ts'

/** For `notRunnable`. */
export const janusPrograms: readonly DebianProgram[] = [debian.janus, debian.compiler, debian.libcHeaders]

export interface JanusOptions {
  /** Where its event handler sends what happens. */
  readonly eventsTo?: { readonly url: string; readonly subprotocol?: string }
  /** Lines for the part `nat` of janus.jcfg: `turn_server = "127.0.0.1"`. */
  readonly nat?: readonly string[]
  /** Lines for the part `general`. */
  readonly general?: readonly string[]
  /** Lines for the part `media`. */
  readonly media?: readonly string[]
  /** Secret that a client has to say (`api_secret`). */
  readonly apiSecret?: string
}

export interface JanusHandle {
  readonly session: number
  readonly id: number
}

export interface Janus extends AsyncDisposable {
  /** WebSocket of the Janus API. */
  readonly url: string
  /** WebSocket of the admin API. */
  readonly adminUrl: string
  /** The present process. */
  child(): Child
  /** A request to the admin API, whose secret is added. */
  admin(request: JsonObject): Promise<JsonObject>
  rooms(): Promise<readonly JsonObject[]>
  handles(): Promise<readonly JanusHandle[]>
  /** All that the admin API says about a handle. */
  handleInfo(handle: JanusHandle): Promise<JsonObject>
  /** Ends it without a word to anybody. */
  kill(): Promise<void>
  /** Starts it (again) where it was, with what differs now. */
  start(changes?: JanusOptions): Promise<void>
  restart(): Promise<void>
}

const adminSecret = 'of the tests'

/** Starts it and waits until it listens; a lost race for a port is tried again. */
export async function startJanus(options: JanusOptions = {}): Promise<Janus> {
  for (let attempt = 1; ; attempt++) {
    const janus = await prepareJanus(options)
    try {
      await janus.start()
      return janus
    } catch (failure) {
      await janus[Symbol.asyncDispose]()
      if (attempt === 3) throw failure
    }
  }
}

/** Everything but the start: its address is known and nobody is there yet. */
export async function prepareJanus(options: JanusOptions = {}): Promise<Janus> {
  const folder = tempFolder()
  const preload = buildPreload(folder)
  const [port, adminPort] = [await freePort(), await freePort()]
  const url = `ws://127.0.0.1:${port}`
  const adminUrl = `ws://127.0.0.1:${adminPort}`
  const folders = linkLibraries(folder)
  let present = options
  let running: Child | undefined

  const admin = (request: JsonObject): Promise<JsonObject> =>
    askOnce(adminUrl, 'janus-admin-protocol', { admin_secret: adminSecret, ...request })

  const janus: Janus = {
    url,
    adminUrl,
    child() {
      if (!running) throw new Error('Janus is not running')
      return running
    },
    admin,
    async rooms() {
      const answer = await admin({
        janus: 'message_plugin',
        plugin: 'janus.plugin.videoroom',
        request: { request: 'list' },
      })
      return objects(at(answer, 'response', 'list'))
    },
    async handles() {
      const sessions = numbers(at(await admin({ janus: 'list_sessions' }), 'sessions'))
      const lists = await Promise.all(
        sessions.map(async (session) => {
          const answer = await admin({ janus: 'list_handles', session_id: session })
          return numbers(at(answer, 'handles')).map((id) => ({ session, id }))
        }),
      )
      return lists.flat()
    },
    async handleInfo({ session, id }) {
      const answer = await admin({ janus: 'handle_info', session_id: session, handle_id: id })
      const info = at(answer, 'info')
      return isObject(info) ? info : {}
    },
    async kill() {
      running?.kill('SIGKILL')
      await running?.exited
      running = undefined
    },
    async start(changes = {}) {
      if (running) throw new Error('Janus is running')
      present = { ...present, ...changes }
      writeConfiguration(folder, folders, present, port, adminPort)
      running = startChild(
        [debian.janus.path, '--configs-folder', folder.path, '--config', folder.file('janus.jcfg')],
        { cwd: folder.path, env: { LD_PRELOAD: preload } },
      )
      await running.said(/WebSockets transport plugin initialized/, 20_000)
      await admin({ janus: 'ping' })
    },
    async restart() {
      await janus.kill()
      await janus.start()
    },
    async [Symbol.asyncDispose]() {
      await running?.[Symbol.asyncDispose]()
      running = undefined
      folder[Symbol.dispose]()
    },
  }
  return janus
}

/**
 * Fails unless nobody has anything there any more; waits a moment for what is on its way. `keeps`: how many handles may
 * be left, as each of our servers that is connected has one of its own.
 */
export async function leavesNothingBehind(janus: Janus, keeps: boolean | number = false): Promise<void> {
  const allowed = Number(keeps)
  const seen = async (): Promise<string> => {
    const [rooms, handles] = [await janus.rooms(), await janus.handles()]
    return rooms.length === 0 && handles.length <= allowed ? '' : JSON.stringify({ rooms, handles })
  }
  let left = await seen()
  for (let turn = 0; turn < 100 && left !== ''; turn++) {
    await Bun.sleep(20)
    left = await seen()
  }
  if (left !== '') throw new Error(`left behind in Janus: ${left}`)
}

function buildPreload(folder: TempFolder): string {
  const library = folder.file('loopback-interfaces.so')
  const source = resolve(import.meta.dir, 'loopback-interfaces.c')
  const built = Bun.spawnSync([debian.compiler.path, '-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'])
  if (built.exitCode !== 0) throw new Error(`cc: ${built.stderr.toString()}`)
  return library
}

type Libraries = Readonly<Record<'plugins' | 'transports' | 'events' | 'loggers', string>>

/** Folders that hold just what is to be loaded. */
function linkLibraries(folder: TempFolder): Libraries {
  const libraries = libraryFolder()
  const link = (kind: string, name?: string): string => {
    const path = folder.file(kind)
    mkdirSync(path)
    if (name !== undefined) symlinkSync(`${libraries}/${kind}/${name}`, `${path}/${name}`)
    return path
  }
  return {
    plugins: link('plugins', 'libjanus_videoroom.so'),
    transports: link('transports', 'libjanus_websockets.so'),
    events: link('events', 'libjanus_wsevh.so'),
    loggers: link('loggers'),
  }
}

function writeConfiguration(
  folder: TempFolder,
  libraries: Libraries,
  { eventsTo, nat = [], general = [], media = [], apiSecret }: JanusOptions,
  port: number,
  adminPort: number,
): void {
  // Below the ports that the kernel hands out; two of them at once share a range without harm.
  const firstPort = 10_000 + Math.floor(Math.random() * 40) * 500
  const write = (name: string, parts: Readonly<Record<string, readonly string[]>>): void =>
    writeFileSync(
      folder.file(name),
      Object.entries(parts)
        .map(([part, lines]) => `${part}: {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`)
        .join(''),
    )
  write('janus.jcfg', {
    general: [
      `configs_folder = "${folder.path}"`,
      `plugins_folder = "${libraries.plugins}"`,
      `transports_folder = "${libraries.transports}"`,
      `events_folder = "${libraries.events}"`,
      `loggers_folder = "${libraries.loggers}"`,
      `admin_secret = "${adminSecret}"`,
      ...(apiSecret === undefined ? [] : [`api_secret = "${apiSecret}"`]),
      'debug_colors = false',
      'debug_level = 4',
      ...general,
    ],
    media: [`rtp_port_range = "${firstPort}-${firstPort + 499}"`, ...media],
    nat: ['ice_enforce_list = "127.0.0.1"', ...nat],
    events: [`broadcast = ${eventsTo !== undefined}`, 'stats_period = 1'],
  })
  write('janus.plugin.videoroom.jcfg', { general: [] })
  write('janus.transport.websockets.jcfg', {
    general: ['ws = true', `ws_port = ${port}`, 'ws_ip = "127.0.0.1"'],
    admin: ['admin_ws = true', `admin_ws_port = ${adminPort}`, 'admin_ws_ip = "127.0.0.1"'],
  })
  if (!eventsTo) return
  write('janus.eventhandler.wsevh.jcfg', {
    general: [
      'enabled = true',
      'events = "all"',
      'grouping = true',
      'json = "compact"',
      `backend = "${eventsTo.url}"`,
      ...(eventsTo.subprotocol === undefined ? [] : [`subprotocol = "${eventsTo.subprotocol}"`]),
    ],
  })
}

/** Debian's libraries lie in a folder named after the machine. */
function libraryFolder(): string {
  const folder = readdirSync('/usr/lib')
    .map((name) => `/usr/lib/${name}/janus`)
    .find((path) => existsSync(`${path}/plugins`))
  if (folder === undefined) throw new Error('no libraries of Janus')
  return folder
}

/** Asks one thing over a connection of its own. */
function askOnce(url: string, subprotocol: string, request: JsonObject): Promise<JsonObject> {
  const { promise, resolve, reject } = Promise.withResolvers<JsonObject>()
  const socket = new WebSocket(url, subprotocol)
  const limit = setTimeout(() => reject(new Error(`no answer to ${JSON.stringify(request)}`)), 5_000)
  socket.addEventListener('open', () => socket.send(JSON.stringify({ transaction: 'one', ...request })))
  socket.addEventListener('error', () => reject(new Error(`nobody at ${url}`)))
  socket.addEventListener('message', ({ data }) => {
    const answer = parseJson(String(data))
    if (isObject(answer) && textAt(answer, 'janus') !== 'error') resolve(answer)
    else reject(new Error(`${JSON.stringify(request)}: ${data}`))
  })
  return promise.finally(() => {
    clearTimeout(limit)
    socket.close()
  })
}

const objects = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
const numbers = (value: unknown): readonly number[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'number') : []
