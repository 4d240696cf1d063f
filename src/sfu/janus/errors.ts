/** Every error code of Janus and of its VideoRoom: what it means, and what follows for whoever asked. */

/**
 * `session over`: everything is made anew. `handle gone`: the leg is made anew, or its client is told to. `wait`: until
 * the publisher sends. `no publisher`: the room is not there. `new handle`: this one is used up. `refuse`: the request
 * fails, all else stays. `gone already`: what was to be removed is not there.
 */
export type Consequence = 'session over' | 'handle gone' | 'wait' | 'no publisher' | 'new handle' | 'refuse'

interface JanusError {
  readonly means: string
  readonly follows: Consequence
}

/** 403 to 473 except 421 to 437 are the gateway's; the latter and 499 the plugin's. */
export const janusErrors: Readonly<Record<number, JanusError>> = {
  403: { means: 'API secret or token wrong', follows: 'refuse' },
  405: { means: 'token is not for this plugin', follows: 'refuse' },
  450: { means: 'transport failed', follows: 'refuse' },
  452: { means: 'no request in the message', follows: 'refuse' },
  453: { means: 'unknown request', follows: 'refuse' },
  454: { means: 'not JSON', follows: 'refuse' },
  455: { means: 'not a JSON object', follows: 'refuse' },
  456: { means: 'something is missing', follows: 'refuse' },
  457: { means: 'request does not fit its place', follows: 'refuse' },
  458: { means: 'no such session', follows: 'session over' },
  459: { means: 'no such handle', follows: 'handle gone' },
  460: { means: 'no such plugin', follows: 'refuse' },
  461: { means: 'cannot attach to the plugin', follows: 'refuse' },
  462: { means: 'message could not be given to the plugin', follows: 'refuse' },
  463: { means: 'cannot detach from the plugin', follows: 'refuse' },
  464: { means: 'unknown type of SDP', follows: 'refuse' },
  465: { means: 'invalid SDP', follows: 'refuse' },
  466: { means: 'candidate for a stream that is not there', follows: 'refuse' },
  467: { means: 'wrong type of a JSON element', follows: 'refuse' },
  468: { means: 'session id is taken', follows: 'refuse' },
  469: { means: 'answer without an offer', follows: 'refuse' },
  470: { means: 'no such token', follows: 'refuse' },
  471: { means: 'peer connection is in the wrong state', follows: 'refuse' },
  472: { means: 'takes no new sessions', follows: 'refuse' },
  490: { means: 'unknown error', follows: 'refuse' },

  421: { means: 'no message', follows: 'refuse' },
  422: { means: 'not a JSON object', follows: 'refuse' },
  423: { means: 'unknown request', follows: 'refuse' },
  424: { means: 'not in a room yet', follows: 'new handle' },
  425: { means: 'in a room already', follows: 'new handle' },
  426: { means: 'no such room', follows: 'no publisher' },
  427: { means: 'room exists already', follows: 'refuse' },
  428: { means: 'publisher does not send', follows: 'wait' },
  429: { means: 'something is missing', follows: 'refuse' },
  430: { means: 'something has the wrong form', follows: 'refuse' },
  431: { means: 'unexpected type of SDP', follows: 'refuse' },
  432: { means: 'room has all the publishers it may have', follows: 'refuse' },
  433: { means: 'not authorized', follows: 'refuse' },
  434: { means: 'publishes already', follows: 'refuse' },
  435: { means: 'does not publish', follows: 'refuse' },
  436: { means: 'id is taken', follows: 'refuse' },
  437: { means: 'invalid SDP', follows: 'refuse' },
  499: { means: 'unknown error of the plugin', follows: 'refuse' },
}

export const sessionNotFound = 458
export const handleNotFound = 459
export const noSuchRoom = 426
export const noSuchFeed = 428
export const roomExists = 427

/** What follows from a code; one that we do not know is a refusal. */
export const consequenceOf = (code: number): Consequence => janusErrors[code]?.follows ?? 'refuse'
