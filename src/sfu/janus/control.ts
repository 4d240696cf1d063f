/** The control handle of a session: it makes and destroys rooms for all legs, and is replaced if it goes. */
import { handleNotFound } from './errors.ts'
import type { Body } from './requests.ts'
import type { Reply } from './transactions.ts'

export interface Control {
  is(handle: string): boolean
  isThere(): boolean
  /** Attaches it, or another one; `failed` hears why it cannot be. What waited for it goes then. */
  attach(then: () => void): void
  /** `late` is called when it was carried out, or may have been, after nobody waited any more. */
  say(body: Body, then: (reply: Reply) => void, late?: () => void): void
  /** It is gone with its session. */
  forget(): void
}

export interface Handles {
  isUp(): boolean
  attach(then: (reply: Reply, handle: string | undefined) => void, late: (handle: string) => void): void
  message(handle: string, body: Body, then: (reply: Reply) => void, late: (() => void) | undefined): void
  detach(handle: string, then: (reply: Reply) => void): void
  failed(reply: Reply & { readonly ok: false }): void
}

export function createControl(handles: Handles): Control {
  let control: string | undefined
  /** What waits for it: each is called with whether it is there. */
  const waiting: ((isThere: boolean) => void)[] = []

  function attach(then: () => void): void {
    control = undefined
    handles.attach(
      (reply, handle) => {
        if (handle === undefined) {
          if (!reply.ok && reply.why !== 'cut') handles.failed(reply)
          return
        }
        control = handle
        then()
        for (const act of waiting.splice(0)) act(true)
      },
      () => undefined,
    )
  }

  function say(body: Body, then: (reply: Reply) => void, late: (() => void) | undefined, isAgain: boolean): void {
    const handle = control
    if (!handles.isUp()) return then(withoutControl)
    if (handle === undefined) {
      waiting.push((isThere) => (isThere ? say(body, then, late, isAgain) : then(withoutControl)))
      return
    }
    const answered = (reply: Reply): void => {
      if (reply.code !== handleNotFound || isAgain) return then(reply)
      if (control === handle) {
        attach(() => undefined)
        // Should it be there after all.
        handles.detach(handle, () => undefined)
      }
      say(body, then, late, true)
    }
    handles.message(handle, body, answered, late)
  }

  return {
    is: (handle) => handle === control,
    isThere: () => control !== undefined,
    attach,
    say: (body, then, late) => say(body, then, late, false),
    forget() {
      control = undefined
      for (const act of waiting.splice(0)) act(false)
    },
  }
}

const withoutControl: Reply = { ok: false, why: 'cut', code: undefined, detail: 'not connected' }
