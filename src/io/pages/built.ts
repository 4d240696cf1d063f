/** The pages as the single executable holds them: `npm run build` puts its own in place of this file. */
import type { PageTexts } from './bundle.ts'

/** Undefined where the sources are at hand. */
export const built: PageTexts | undefined = undefined
