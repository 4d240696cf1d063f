/** The batch worker keeps to what every worker keeps to. */
import { canUseBatch } from '../../../../src/io/turn/batch/libc.ts'
import { describeTurnWorker } from '../../../contract/turn-worker.ts'

const usable = canUseBatch()
if (usable.ok) {
  describeTurnWorker('the batch worker', { path: 'batch', transport: 'udp' })
  describeTurnWorker('the batch worker over IPv6', { path: 'batch', transport: 'udp', host: '::1' })
} else console.log(`the batch worker is not tested: ${usable.error}`)
