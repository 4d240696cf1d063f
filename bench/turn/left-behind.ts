/** For a session that is broken off: nothing that it started stays behind. */

interface Started {
  readonly exited: Promise<number>
  kill(signal?: NodeJS.Signals): void
}

const running = new Set<Started>()

/** Has this child ended by `leaveNothingBehind`, unless it ends before. */
export function endWithUs(child: Started): void {
  running.add(child)
  const forget = (): void => {
    running.delete(child)
  }
  child.exited.then(forget, forget)
}

export function leaveNothingBehind(): void {
  for (const child of running) child.kill('SIGKILL')
}
