/** The dialog in which camera and microphone are chosen. */
import { make, part } from './dom.ts'
import type { Medium, OwnMedia } from './own-media.ts'

export function createSettings(media: OwnMedia): void {
  const dialog = part('settings', HTMLDialogElement)
  const lists: Readonly<Record<Medium, HTMLSelectElement>> = {
    video: part('camera', HTMLSelectElement),
    audio: part('microphone', HTMLSelectElement),
  }

  async function fill(): Promise<void> {
    for (const medium of ['video', 'audio'] as const) {
      const devices = await media.devices(medium)
      const options = devices.map(({ id, label, isUsed }) =>
        make('option', { value: id, textContent: label, selected: isUsed }),
      )
      const list = lists[medium]
      list.disabled = options.length === 0
      list.replaceChildren(...(options.length > 0 ? options : [make('option', { textContent: 'None found' })]))
    }
  }

  for (const medium of ['video', 'audio'] as const) {
    lists[medium].addEventListener('change', async () => {
      await media.choose(medium, lists[medium].value)
      await fill()
    })
  }
  for (const button of document.querySelectorAll<HTMLElement>('[data-open="settings"]')) {
    button.addEventListener('click', () => {
      void fill()
      dialog.showModal()
    })
  }
  navigator.mediaDevices?.addEventListener('devicechange', () => {
    if (dialog.open) void fill()
  })
}
