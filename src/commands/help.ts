/** What `--help` says. */
const pages = {
  all: `heliograph: signaling for Nextcloud Talk, and STUN/TURN, in one program

  heliograph serve [--config FILE]   the server; without a file: development mode on 127.0.0.1:8080, TURN on 3478
  heliograph proxy --config FILE     the media proxy in front of one Janus
  heliograph check-config FILE       prints every fault of a configuration with its line (--proxy FILE: of the proxy's)
  heliograph doctor URL              says why a set-up does not work, and what to do
  heliograph import-turnserver FILE  turns coturn's turnserver.conf into settings for here
  heliograph bench …                 the load generator (heliograph bench --help)
  heliograph version

serve, proxy, check-config, doctor and import-turnserver take --help as well.
`,
  serve: `heliograph serve [--config FILE] [--log-format json|text] [--log-level LEVEL]

  --config FILE      server.conf of nextcloud-spreed-signaling, or a file of our own; every key: docs/configuration.md
                     Without it: development mode on 127.0.0.1:8080 and 3478, secrets made up and shown once.
  --log-format       json (one object a line, the default) or text; both on standard error
  --log-level        trace, debug, info (default), warn or error

Ready when GET /api/v1/welcome answers 200.
SIGTERM, SIGINT: close all connections and stop; a second one: at once. SIGHUP: reload. SIGUSR1: accept nothing new and
stop when the last session and the last TURN allocation are gone.
Exit codes: 0 stopped, 1 cannot start, 2 wrong usage.
`,
  proxy: `heliograph proxy --config FILE [--log-format json|text] [--log-level LEVEL]

  --config FILE      proxy.conf of nextcloud-spreed-signaling, or a file of our own; every key: docs/configuration-proxy.md
  --log-format       json (one object a line, the default) or text; both on standard error
  --log-level        trace, debug, info (default), warn or error

Ready when GET /welcome answers 200, also while Janus is not there yet. Step by step: docs/media-proxy.md
SIGTERM, SIGINT: end all sessions and stop; a second one: at once. SIGHUP: reload keys, bandwidth, bitrates, candidates.
SIGUSR1: take no new publishers and stop when the last publisher and subscriber is gone.
Exit codes: 0 stopped, 1 cannot start, 2 wrong usage.
`,
  'check-config': `heliograph check-config [--proxy] FILE

Prints every fault with line, key and what is allowed, and what is often not meant. Exit code 1 if there is an error; warnings alone leave it at 0.
`,
  doctor: `heliograph doctor URL [--config FILE] [--backend URL] [--secret-file FILE] [--timeout SECONDS]

  URL                the address of the signaling server as it stands in Talk's settings,
                     e.g. https://talk.example.org/standalone-signaling
  --config FILE      server.conf: its backends are asked, and their secrets tried
  --backend URL      the address of Nextcloud; with --config: that one only
  --secret-file FILE holds the secret; goes before that of the configuration
  --timeout          for each step, 5 seconds if not given

Looks from this machine at name, port, certificate, welcome, clock, WebSocket, secret and Nextcloud, one line each:
ok, warn, FAIL, or - for what was not looked at; below it what to do. Shows no secret.
Exit codes: 0 nothing failed, 1 something failed, 2 wrong usage.
`,
  'import-turnserver': `heliograph import-turnserver FILE

Prints the [turn-server] section for an existing turnserver.conf of coturn, secrets included, and in comments below it
what became of every other line: what to look at, what is left out and why, and lines that are not known.
To take it over: heliograph import-turnserver /etc/turnserver.conf >> server.conf
`,
} as const

export function help(command: Exclude<keyof typeof pages, 'all'> | undefined): number {
  process.stdout.write(pages[command ?? 'all'])
  return 0
}
