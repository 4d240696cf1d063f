/** For a thread under test: whoever says `{ shift: ms }` makes its clocks go ahead. To be imported before whatever reads a clock. */
const monotonic = performance.now.bind(performance)
const wall = Date.now
let ahead = 0

performance.now = () => monotonic() + ahead
Date.now = () => wall() + ahead

addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (typeof data === 'object' && data !== null && 'shift' in data && typeof data.shift === 'number') {
    ahead += data.shift
  }
})
