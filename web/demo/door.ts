/** Those who wait to be let in, each with two buttons. */
import type { Knock } from '../../sdk/src/core/room-state.ts'
import { announce, make, part } from './dom.ts'

export interface Door {
  knocked(knock: Knock, name: string, accept: () => void): void
  ended(knock: Knock): void
  clear(): void
}

export function createDoor(): Door {
  const element = part('door', HTMLElement)
  const cards = new Map<string, HTMLElement>()

  function remove(id: string): void {
    const card = cards.get(id)
    cards.delete(id)
    const hadFocus = card?.contains(document.activeElement)
    card?.remove()
    if (hadFocus) (element.querySelector('button') ?? part('leave', HTMLButtonElement)).focus()
  }

  return {
    knocked(knock, name, accept) {
      const yes = make('button', { type: 'button', className: 'primary slim', textContent: 'Let in' })
      const no = make('button', { type: 'button', className: 'secondary slim', textContent: 'Decline' })
      yes.addEventListener('click', accept)
      no.addEventListener('click', () => knock.reject())
      for (const button of [yes, no]) {
        button.setAttribute('aria-label', `${button.textContent}: ${name}`)
        button.addEventListener('click', () => remove(knock.id))
      }
      const who = make('strong', { textContent: name })
      const card = make(
        'div',
        { className: 'knock' },
        make('p', {}, who, ' would like to come in.'),
        make('div', {}, yes, no),
      )
      cards.set(knock.id, card)
      element.append(card)
      announce(`${name} would like to come in.`, 'now')
    },
    ended: (knock) => remove(knock.id),
    clear() {
      for (const id of [...cards.keys()]) remove(id)
    },
  }
}
