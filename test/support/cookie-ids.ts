/** Session ids as the original 0.4.1 makes and reads them: the server's own code, which is held against the original here. */
export { decodeId, encodeId, type IdData } from '../../src/protocols/talk/cookie-id.ts'
