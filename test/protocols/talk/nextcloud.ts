/** What a Nextcloud says to the questions of the Talk front end, without any HTTP in between. */
import { encodeJson } from '../../../src/protocols/json-wire.ts'
import { type BackendRequest, readReply } from '../../../src/protocols/talk/backend/messages.ts'
import type { TalkAnswer, TalkAsk } from '../../../src/protocols/talk/vocabulary.ts'
import { type Json, parseJson } from '../../support/json.ts'
import { ocs, usualAnswer } from '../../support/talk-answers.ts'

/** What the front end hears when a Nextcloud could not be asked. */
export const notAsked: TalkAnswer = { answer: 'refused', code: 'internal_error', message: undefined }

export const refusal = (code: string, message = `No: ${code}`): TalkAnswer => ({ answer: 'refused', code, message })

/** The body of a question as it goes out. */
export const bodyOf = (request: BackendRequest): Json => parseJson(encodeJson(request))

/** What the front end hears of this text of an answer. */
export function answerFromText(type: BackendRequest['type'], text: string): TalkAnswer {
  const reply = readReply(text, type)
  if (reply.ok) return { answer: 'reply', reply: reply.value }
  switch (reply.error.fault) {
    case 'refused':
      return { answer: 'refused', code: reply.error.code, message: reply.error.message }
    case 'unusable':
      return { answer: 'unusable' }
    case 'throttled':
      return notAsked
  }
}

/** What the front end hears of this `data` in an answer. */
export const answerFromData = (type: BackendRequest['type'], data: Json): TalkAnswer => answerFromText(type, ocs(data))

/** As a well-behaved Talk: a ticket's user is `params.userid`, a token is the user's name, `bad` is refused. */
export function usualTalkAnswer(ask: TalkAsk): TalkAnswer {
  switch (ask.ask) {
    case 'backend':
      return answerFromData(ask.request.type, usualAnswer(bodyOf(ask.request)))
    case 'identify':
      return ask.token === 'bad'
        ? { answer: 'refused', code: 'invalid_token', message: undefined }
        : { answer: 'identified', userId: ask.token, user: undefined }
    case 'ping':
      return { answer: 'done' }
  }
}
