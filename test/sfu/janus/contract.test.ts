import { sfuContract } from '../../contract/sfu.ts'
import { janusBench } from './bench.ts'

sfuContract(() => janusBench())
