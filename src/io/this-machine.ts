/** Who may have in development mode what others need a key for: pages and programs of this machine. */
import { contains, parseIpRange } from '../lib/ip-range.ts'

/** `address` is the client's. */
export const isFromThisMachine = (request: Request, address: string): boolean =>
  contains(thisMachine, address) && isLocalName(request.headers.get('host'))

const thisMachine = ['127.0.0.0/8', '::1'].map(parseIpRange).filter((range) => range !== undefined)

/** A page from elsewhere may have its own name stand for this machine, but it cannot choose what the browser calls us. */
function isLocalName(host: string | null): boolean {
  return /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i.test(host ?? '')
}
