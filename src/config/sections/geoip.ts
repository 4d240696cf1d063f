/** Settings of where clients are: `[geoip]`, `[geoip-overrides]`, `[continent-overrides]`. */

import { continents, ipRanges, type Kind, secret, text } from '../kinds.ts'
import { optional } from '../setting.ts'

export const geoip = {
  name: 'geoip',
  meaning:
    'A database that tells the country of an address, to choose a media proxy nearby. It is read anew every day.',
  settings: {
    license: optional(secret({ atLeast: 1 }), {
      meaning: 'MaxMind licence key to fetch GeoLite2 Country with.',
    }),
    url: optional(text, {
      meaning:
        'Where to fetch a database in MaxMind’s format instead: `https://…`, `http://…` or `file:///…`, plain, as `.gz` or as `.tar.gz`. `none` is none.',
    }),
  },
} as const

const country: Kind<string> = {
  name: 'two letters',
  allowed: 'a code of two letters',
  secret: false,
  read: (given) => (/^[a-z]{2}$/i.test(given) ? { value: given.toUpperCase() } : { unusable: given }),
}

export const geoipOverrides = {
  name: 'geoip-overrides',
  meaning:
    'Countries that are known better than the database does: `address or network = country code`. The narrowest network counts. Reload: yes.',
  settings: {},
  freeKeys: { key: ipRanges, value: country },
} as const

export const continentOverrides = {
  name: 'continent-overrides',
  meaning:
    'Continents whose clients are served from others too: `continent code = continent codes`, such as `AF = EU, AS`. Reload: yes.',
  settings: {},
  freeKeys: { key: continents, value: continents },
} as const
