/** The SFU behind Talk: one Janus, or media proxies, run and told what may change while it runs. */
import type { Config, JanusConfig, ProxiesConfig } from '../config/config.ts'
import type { Gate } from '../io/admit-socket.ts'
import { createJanusEvents, type JanusEvents } from '../io/janus-events.ts'
import { createRandom } from '../io/random.ts'
import { type RunningSfu, runSfu } from '../io/run-sfu.ts'
import { createSfuWorld, type SfuLinkSettings } from '../io/sfu-world.ts'
import { systemAuthorities } from '../io/system-authorities.ts'
import type { Report } from '../observe/report.ts'
import type { WatchedSfu } from '../observe/sfu-metrics.ts'
import type { MediaSettings } from '../protocols/talk/media/settings.ts'
import { createJanusSfu } from '../sfu/janus/janus.ts'
import { createProxySfu } from '../sfu/proxy/client.ts'
import { proxySettings } from '../sfu/proxy/settings.ts'
import type { SfuEvent } from '../sfu/sfu.ts'
import { describeError, restarting } from './running.ts'

export interface TalkSfu extends Pick<RunningSfu, 'machine' | 'command'>, Disposable {
  /** Where a Janus of our own tells what happens in it. */
  readonly events: JanusEvents | undefined
  watched(): WatchedSfu
  reload(config: Config): void
  /** Takes leave of it, so that nothing of ours stays there. */
  stop(): Promise<void>
}

type SfuOn = JanusConfig | ProxiesConfig

export interface SfuSurroundings {
  readonly report: Report
  readonly gate: Gate
  /** Those that every answer over HTTP carries. */
  readonly headers: Headers
}

export function startSfu(
  config: Config,
  on: SfuOn,
  { report, gate, headers }: SfuSurroundings,
  tell: (event: SfuEvent) => void,
): TalkSfu {
  const world = createSfuWorld(linkSettings(on), {
    tell,
    note: report.note,
    broke: (where, error) => report.note({ fact: 'machine-broke', where, error: describeError(error) }),
  })
  const { running, configured } = on.kind === 'janus' ? janus(on) : proxies(config, on)

  function janus(settings: JanusConfig): Started {
    const machine = createJanusSfu(settings, createRandom())
    return {
      running: runSfu(machine, world),
      configured: ({ sfu }) => {
        if (sfu.kind === 'janus') machine.configured(sfu)
      },
    }
  }

  function proxies({ geoip }: Config, settings: ProxiesConfig): Started {
    const machine = createProxySfu(proxySettings(settings, geoip), Math.random)
    const running = runSfu(machine, world)
    return {
      running,
      configured({ sfu, geoip: next }) {
        if (sfu.kind !== 'proxies') return
        const wanted = proxySettings(sfu, next)
        running.input('configured', (now) => machine.configured(wanted, now))
      },
    }
  }

  const events = on.kind === 'janus' ? createJanusEvents(gate, report.note, headers) : undefined
  return {
    machine: running.machine,
    command: running.command,
    events,
    watched: () => ({ census: running.machine.census(), bandwidth: events?.bandwidth() }),
    reload: configured,
    async stop() {
      await running.stop()
      events?.closeAll(restarting, 'the server restarts')
    },
    [Symbol.dispose]() {
      events?.[Symbol.dispose]()
      world[Symbol.dispose]()
    },
  }
}

interface Started {
  readonly running: RunningSfu
  readonly configured: (config: Config) => void
}

/** What Talk has to know of the settings. */
export const mediaSettings = (on: SfuOn): MediaSettings => ({
  maxStreamBitrate: on.maxStreamBitrate,
  maxScreenBitrate: on.maxScreenBitrate,
  candidates: { allowed: on.allowedCandidates, blocked: on.blockedCandidates },
  allowSubscribeAny: on.allowSubscribeAny,
})

function linkSettings(on: SfuOn): SfuLinkSettings {
  return {
    skipVerify: on.kind === 'proxies' && on.skipVerify,
    authorities: systemAuthorities(process.env),
    timeout: on.timeout,
  }
}
