/** What a token says, if its issuer is one of ours. */
import type { Result } from '../../lib/result.ts'
import { checkToken, type TokenClaims, type TokenRefusal } from '../../sfu/proxy/tokens.ts'
import type { State } from './state.ts'

/** Keys stand under lower-case names, because those of an INI file have no case. */
export const examine = ({ wishes, world }: State, token: string): Result<TokenClaims, TokenRefusal> =>
  checkToken(token, (issuer) => wishes.keys.get(issuer.toLowerCase()), world.wallClock())
