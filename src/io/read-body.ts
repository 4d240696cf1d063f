/** Reading the body of a request or of an answer, announced or in chunks, up to a bound. */
import { failure, type Result, success } from '../lib/result.ts'

export type BodyFault = 'too large' | 'broken off'

/** The whole body as bytes. Stops reading at the bound, whatever the request announced. */
export async function readBody(request: Request | Response, limit: number): Promise<Result<Uint8Array, BodyFault>> {
  const announced = Number(request.headers.get('content-length') ?? 0)
  if (announced > limit) return failure('too large')
  if (!request.body) return success(new Uint8Array(0))
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of request.body) {
      size += chunk.length
      if (size > limit) return failure('too large')
      chunks.push(chunk)
    }
  } catch {
    return failure('broken off')
  }
  if (size < announced) return failure('broken off')
  const [only] = chunks
  return success(chunks.length === 1 && only ? only : Buffer.concat(chunks))
}
