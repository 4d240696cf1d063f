/** The outer shape of Talk's messages: `type` names the field that holds the body. */
import { z } from 'zod'

/** A field that senders leave out, send as null or fill. */
export const optional = <T extends z.ZodType>(schema: T): z.ZodOptional<z.ZodNullable<T>> => schema.nullish()

/** JSON that is carried, not read. */
export const anything: z.ZodUnknown = z.unknown()

export const requestId: z.ZodOptional<z.ZodNullable<z.ZodString>> = z.string().nullish()

/** `{ id?, type: 'room', room: {…} }` for `body('room', Room)`. */
export function body<N extends string, T extends z.ZodType>(
  name: N,
  schema: T,
): z.ZodObject<{ id: typeof requestId; type: z.ZodLiteral<N> } & { [K in N]: T }> {
  const shape = { id: requestId, type: z.literal(name), [name]: schema } as {
    id: typeof requestId
    type: z.ZodLiteral<N>
  } & { [K in N]: T }
  return z.object(shape)
}
