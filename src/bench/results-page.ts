/** The page of numbers that a side-by-side session leaves behind, with what a person wrote below them. */

const handMarker = '<!-- what follows is written by hand and kept when the tables are made anew -->'

/** Writes the tables anew and keeps what stands below them: why a number is as it is. */
export async function writeResultsPage(path: string, tables: string): Promise<void> {
  await Bun.write(path, `${tables}${await writtenByHand(path)}`)
}

async function writtenByHand(path: string): Promise<string> {
  const file = Bun.file(path)
  const text = (await file.exists()) ? await file.text() : ''
  const start = text.indexOf(handMarker)
  return start < 0 ? '' : `\n${text.slice(start)}`
}
