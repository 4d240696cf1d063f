/** Noticing that files were replaced, by whatever means: rename, rewrite, or a link that points elsewhere now. */
import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'

/** A renewal writes several files; together they count as one change. */
const settleTime = 200
/** Network file systems tell nobody; so we look now and then in any case. */
const lookEvery = 60_000

/** Calls `changed` some time after something happened in the folders of `paths`, and every minute. */
export function watchFiles(paths: readonly string[], changed: () => void): Disposable {
  let settling: ReturnType<typeof setTimeout> | undefined
  const soon = (): void => {
    clearTimeout(settling)
    settling = setTimeout(changed, settleTime)
  }
  const watchers: FSWatcher[] = []
  for (const folder of new Set(paths.map((path) => dirname(path)))) {
    try {
      watchers.push(watch(folder, soon).on('error', () => {}))
    } catch {
      // A folder that cannot be watched is looked at every minute all the same.
    }
  }
  const looking = setInterval(changed, lookEvery)
  return {
    [Symbol.dispose]() {
      clearTimeout(settling)
      clearInterval(looking)
      for (const watcher of watchers) watcher.close()
    },
  }
}
