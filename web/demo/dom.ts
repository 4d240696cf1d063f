/** The parts of the page by their ids, and how new ones are made; no text ever becomes HTML. */

/** What the page is sure to hold. */
export function part<T extends Element>(id: string, kind: new () => T): T {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} with the id ${id}`)
  return found
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

const svg = 'http://www.w3.org/2000/svg'

/** One of the pictures that stand at the beginning of the page. */
export function icon(name: string): SVGSVGElement {
  const element = document.createElementNS(svg, 'svg')
  const use = document.createElementNS(svg, 'use')
  use.setAttribute('href', `#i-${name}`)
  element.setAttribute('aria-hidden', 'true')
  element.append(use)
  return element
}

/** For those who do not look at the page; `now` interrupts what is being read. */
export function announce(text: string, urgency: 'polite' | 'now' = 'polite'): void {
  part(urgency === 'now' ? 'alert' : 'announce', HTMLParagraphElement).textContent = text
}
