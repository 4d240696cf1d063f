/** A moment as text, the way Go and JavaScript write it in JSON: `2026-01-05T09:00:00.123Z`. */

const dayLength = 86_400_000
/** 1 March of the year 0, counted back from 1970, in days: years then end with the day that some lack. */
const epoch = 719_468
const daysOf400Years = 146_097

/** `time` is ms since 1970, not before it. */
export function rfc3339(time: number): string {
  const whole = Math.floor(time)
  const ofDay = whole % dayLength
  const days = Math.floor(whole / dayLength) + epoch
  const era = Math.floor(days / daysOf400Years)
  const dayOfEra = days - era * daysOf400Years
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const two = (number: number): string => String(number).padStart(2, '0')
  const [hours, minutes, seconds] = [3_600_000, 60_000, 1_000].map(
    (unit, index) => Math.floor(ofDay / unit) % (index === 0 ? 24 : 60),
  )
  const clock = `${two(hours ?? 0)}:${two(minutes ?? 0)}:${two(seconds ?? 0)}.${String(ofDay % 1000).padStart(3, '0')}`
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${clock}Z`
}
