// What neither the compiler nor the linter looks at: a sentence at the head of each file, its length, and ways around the types.

import type { Files } from './files.ts'
import { words } from './source.ts'

const longest = 400

/** Everything that is wrong, one line each. */
export function styleFaults(files: Files): readonly string[] {
  return [...files].flatMap(([path, text]) => {
    const lines = text.replace(/\n$/, '').split('\n')
    const head = lines[0]?.startsWith('#!') ? lines[1] : lines[0]
    // A test file is named after what it tests, which says it all.
    const named = path.endsWith('.test.ts')
    return [
      ...(named || /^\/[/*]\*? ?\S|^\/\*\*$/.test(head ?? '')
        ? []
        : [`${path}:1 has no sentence that says what the file is`]),
      ...(lines.length > longest ? [`${path} has ${lines.length} lines; at ${longest} it is two files`] : []),
      ...castsThroughUnknown(path, text),
      ...lines.flatMap((line, index) =>
        /@ts-(ignore|nocheck)\b/.test(line) && !path.startsWith('tools/')
          ? [`${path}:${index + 1} silences the compiler`]
          : [],
      ),
    ]
  })
}

function castsThroughUnknown(path: string, text: string): readonly string[] {
  const all = words(text)
  return all.flatMap((word, index) =>
    word.text === 'as' && word.kind === 'name' && all[index + 1]?.text === 'unknown' && all[index + 2]?.text === 'as'
      ? [`${path}:${word.line} casts through unknown`]
      : [],
  )
}
