/** Settings of where clients are: `[geoip]`, `[geoip-overrides]`, `[continent-overrides]`. */

import { ipRanges, type Kind, list, secret, text } from '../kinds.ts'
import { optional } from '../setting.ts'
import { noGeoIp } from './not-yet.ts'

export const geoip = {
  name: 'geoip',
  meaning: 'A database that tells the country of an address, to choose a media proxy nearby.',
  later: true,
  settings: {
    license: optional(secret({ atLeast: 1 }), {
      meaning: 'MaxMind licence key to fetch it with.',
      notYet: () => noGeoIp,
    }),
    url: optional(text, { meaning: 'Where to fetch it instead; `file://` too.', notYet: () => noGeoIp }),
  },
} as const

const code: Kind<string> = {
  name: 'two letters',
  allowed: 'a code of two letters',
  secret: false,
  read: (given) => (/^[a-z]{2}$/i.test(given) ? { value: given.toUpperCase() } : { unusable: given }),
}

export const geoipOverrides = {
  name: 'geoip-overrides',
  meaning: 'Countries that are known better than the database does: `address or network = country code`.',
  later: true,
  settings: {},
  freeKeys: { key: ipRanges, value: code, notYet: noGeoIp },
} as const

export const continentOverrides = {
  name: 'continent-overrides',
  meaning: 'Continents whose clients are served from others: `continent code = continent codes`.',
  later: true,
  settings: {},
  freeKeys: { key: code, value: list, notYet: noGeoIp },
} as const
