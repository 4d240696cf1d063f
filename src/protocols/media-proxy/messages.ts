/** The words of the proxy protocol, which the signaling server's side of it shares. */
export { documentedMessages } from '../../sfu/proxy/messages.ts'
