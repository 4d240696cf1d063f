/** What this program calls itself. */
import { version } from '../package.json'

export const heliographVersion: string = version
/**
 * What Talk and its clients are told: the version of the signaling API's reference that we are compatible with, since
 * some compare it; ours follows it.
 */
export const announcedVersion: string = `2.1.1~heliograph-${version}`
