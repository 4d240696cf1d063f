/** An independent client of another language. */
import { describe, expect, test } from 'bun:test'
import { startAdmissionServer, token } from '../../support/admission-server.ts'
import { startChild } from '../../support/child.ts'
import { debian, notRunnable } from '../../support/deb.ts'

const suite = 'admission with python-socketio'

describe.skipIf(notRunnable(suite, debian.python, debian.pythonSocketIo, debian.aiohttp))(suite, () => {
  test.each(['websocket', 'polling'])(
    '[J2, J22] two clients meet by %s',
    async (transport) => {
      await using server = await startAdmissionServer()
      const script = new URL('python_client.py', import.meta.url).pathname
      await using child = startChild([debian.python.path, script, server.url, token, transport])
      expect([await child.exited, child.output().split('\n').slice(0, 3)]).toEqual([
        0,
        ['[true, {"n": 1}, true, {"candidate": "c"}]', 'true', 'One or more namespaces failed to connect'],
      ])
    },
    30_000,
  )
})
