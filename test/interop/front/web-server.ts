/** nginx, Apache and Caddy of Debian as child processes, each with the very configuration that docs/front-webserver.md gives. */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { startChild } from '../../support/child.ts'
import { type DebianProgram, debian } from '../../support/deb.ts'
import { freePort } from '../../support/free-port.ts'
import { type TempFolder, tempFolder } from '../../support/temp-folder.ts'

export interface WebServer {
  readonly name: string
  readonly program: DebianProgram
  /** Writes the configuration around the documented snippet and answers the command that runs in the foreground. */
  readonly command: (place: Place) => readonly string[]
}

interface Place {
  readonly folder: TempFolder
  readonly port: number
  /** Reads a documented file, our server's address put in for the one that the documentation assumes. */
  readonly documented: (path: string) => string
}

export interface Front extends AsyncDisposable {
  readonly port: number
  /** What an administrator enters in Talk's settings. */
  readonly url: string
  readonly socketUrl: string
}

const nginx: WebServer = {
  name: 'nginx',
  program: debian.nginx,
  command: ({ folder, port, documented }) => {
    writeFileSync(folder.file('upstream.conf'), documented('nginx/upstream.conf'))
    writeFileSync(folder.file('locations.conf'), documented('nginx/locations.conf'))
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    writeFileSync(
      folder.file('nginx.conf'),
      `daemon off;
      # One process, which reaches this folder whoever runs the tests.
      master_process off;
      pid ${folder.file('nginx.pid')};
      error_log stderr;
      events {}
      http {
        access_log off;
        ${temporary.map((kind) => `${kind}_temp_path ${folder.file(kind)};`).join('\n')}
        include ${folder.file('upstream.conf')};
        server {
          listen 127.0.0.1:${port};
          include ${folder.file('locations.conf')};
        }
      }`,
    )
    return [debian.nginx.path, '-p', folder.path, '-e', 'stderr', '-c', folder.file('nginx.conf')]
  },
}

const apache: WebServer = {
  name: 'Apache',
  program: debian.apache,
  command: ({ folder, port, documented }) => {
    writeFileSync(folder.file('heliograph.conf'), documented('apache/heliograph.conf'))
    const modules = ['mpm_event', 'authz_core', 'headers', 'proxy', 'proxy_http', 'proxy_wstunnel']
    writeFileSync(
      folder.file('apache.conf'),
      `ServerRoot ${folder.path}
      ServerName localhost
      DefaultRuntimeDir ${folder.path}
      PidFile ${folder.file('apache.pid')}
      ErrorLog ${folder.file('error.log')}
      ${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
      ${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
      StartServers 1
      Listen 127.0.0.1:${port}
      <VirtualHost *:${port}>
        Include ${folder.file('heliograph.conf')}
      </VirtualHost>`,
    )
    return [debian.apache.path, '-f', folder.file('apache.conf'), '-DFOREGROUND']
  },
}

const caddy: WebServer = {
  name: 'Caddy',
  program: debian.caddy,
  command: ({ folder, port, documented }) => {
    writeFileSync(folder.file('heliograph.caddy'), documented('caddy/heliograph.caddy'))
    writeFileSync(
      folder.file('Caddyfile'),
      `{
        admin off
        auto_https off
        storage file_system ${folder.path}
      }
      http://127.0.0.1:${port} {
        bind 127.0.0.1
        import ${folder.file('heliograph.caddy')}
      }`,
    )
    return [debian.caddy.path, 'run', '--adapter', 'caddyfile', '--config', folder.file('Caddyfile')]
  },
}

export const webServers: readonly WebServer[] = [nginx, apache, caddy]

const deploy = resolve(import.meta.dir, '../../../deploy')

/** Starts a web server in front of ours and waits until the welcome comes through it. */
export async function startFront({ name, command }: WebServer, ours: string): Promise<Front> {
  const parts = new AsyncDisposableStack()
  try {
    const folder = parts.use(tempFolder())
    const port = await freePort()
    const documented = (path: string): string =>
      readFileSync(resolve(deploy, path), 'utf8').replaceAll('127.0.0.1:8080', ours)
    const env = { HOME: folder.path, XDG_DATA_HOME: folder.path, XDG_CONFIG_HOME: folder.path }
    const child = parts.use(startChild(command({ folder, port, documented }), { env }))
    const url = `http://127.0.0.1:${port}/standalone-signaling`
    const end = performance.now() + 15_000
    for (;;) {
      const answer = await fetch(`${url}/api/v1/welcome`).catch(() => undefined)
      if (answer?.status === 200) break
      if (child.hasExited() || performance.now() > end) {
        throw new Error(`${name} is not ready (last answer: ${answer?.status}):\n${child.output()}`)
      }
      await Bun.sleep(25)
    }
    return {
      port,
      url,
      socketUrl: `${url.replace('http', 'ws')}/spreed`,
      [Symbol.asyncDispose]: () => parts.disposeAsync(),
    }
  } catch (failure) {
    await parts.disposeAsync()
    throw failure
  }
}
