import { JavaRandom } from "./java-random.js";
export const BASE_TIME = Date.UTC(2015, 6, 15);
const FIRST_NAMES = ["Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"];
const LAST_NAMES = ["Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"];
const CITIES = [
    "Phoenix",
    "Los Angeles",
    "San Francisco",
    "Boise",
    "Portland",
    "Bend",
    "Redmond",
    "Seattle",
    "Kent",
    "Cheyenne",
];
const STATES = ["AZ", "CA", "ID", "OR", "WA", "WY"];
const HOT_CHANNELS = ["Google", "Facebook", "Baidu", "Apple"];
/** Of 50 events one is a person, three are auctions, the rest bids. */
const EVENTS_PER_EPOCH = 50;
const AUCTIONS_PER_EPOCH = 3;
const FIRST_ID = 1_000;
const FIRST_CATEGORY = 10;
const CATEGORIES = 5;
const IN_FLIGHT_AUCTIONS = 100;
const ACTIVE_PEOPLE = 1_000;
/** Ids up to this far ahead of those that exist are referred to. */
const ID_LEAD = 10;
const HOT_BATCH = 100;
const HOT_SELLER_RATIO = 4;
const HOT_AUCTION_RATIO = 2;
const HOT_BIDDER_RATIO = 4;
const HOT_CHANNEL_RATIO = 2;
const CHANNELS = 10_000;
/** Seeds of the second generator (channel of a bid) and of the channels' own: far away from event ids, which seed the first. */
const BID_CHANNEL_SEED = 2 ** 40;
const CHANNEL_SEED = 2 ** 41;
const PERSON_BYTES = 200;
const AUCTION_BYTES = 500;
const BID_BYTES = 100;
/**
 * The Nexmark generator of Apache Beam: same recipe, same draws, same bytes (a generator per event, seeded by its id). Bids also have a
 * channel and a url, as Flink's have; they come from a second generator, so that the other fields stay Beam's.
 */
export class NexmarkGenerator {
    #baseTime;
    #gapMicros;
    #groupSize;
    #random = new JavaRandom();
    #channels = new JavaRandom();
    #urls = new Map();
    constructor({ baseTime = BASE_TIME, gapMicros = 100, groupSize = 1 } = {}) {
        this.#baseTime = baseTime;
        this.#gapMicros = gapMicros;
        this.#groupSize = groupSize;
    }
    /** The event that comes as number `index`, from 0. */
    event(index) {
        const group = this.#groupSize;
        return this.eventOfId(Math.floor(index / group) * group + ((index * 953) % group));
    }
    /** The event with this id, wherever it comes. */
    eventOfId(id) {
        this.#random.seed(id);
        const place = id % EVENTS_PER_EPOCH;
        if (place === 0)
            return { kind: "person", record: this.#person(id) };
        if (place <= AUCTIONS_PER_EPOCH)
            return { kind: "auction", record: this.#auction(id) };
        return { kind: "bid", record: this.#bid(id) };
    }
    #time(id) {
        return this.#baseTime + Math.floor((id * this.#gapMicros) / 1_000);
    }
    #person(id) {
        const name = `${this.#oneOf(FIRST_NAMES)} ${this.#oneOf(LAST_NAMES)}`;
        const email = `${this.#text(7)}@${this.#text(5)}.com`;
        const card = [0, 0, 0, 0].map(() => String(this.#random.below(10_000)).padStart(4, "0")).join(" ");
        const city = this.#oneOf(CITIES);
        const state = this.#oneOf(STATES);
        const size = 8 + name.length + email.length + card.length + city.length + state.length;
        const extra = this.#extra(size, PERSON_BYTES);
        return { id: FIRST_ID + lastPerson(id), name, email, card, city, state, dateTime: this.#time(id), extra };
    }
    #auction(id) {
        const random = this.#random;
        const isHot = random.below(HOT_SELLER_RATIO) > 0;
        const seller = FIRST_ID + (isHot ? hotBatch(lastPerson(id)) : this.#anyPerson(id));
        const category = FIRST_CATEGORY + random.below(CATEGORIES);
        const initialBid = this.#price();
        const dateTime = this.#time(id);
        const expires = dateTime + this.#auctionLength(id, dateTime);
        const name = this.#text(20);
        const description = this.#text(100);
        const reserve = initialBid + this.#price();
        const extra = this.#extra(8 + name.length + description.length + 40, AUCTION_BYTES);
        const auction = FIRST_ID + lastAuction(id);
        return { id: auction, name, description, initialBid, reserve, dateTime, expires, seller, category, extra };
    }
    #auctionLength(id, dateTime) {
        const horizonEvents = Math.floor((IN_FLIGHT_AUCTIONS * EVENTS_PER_EPOCH) / AUCTIONS_PER_EPOCH);
        const horizon = this.#time(id + horizonEvents) - dateTime;
        return 1 + this.#random.below(Math.max(horizon * 2, 1));
    }
    #bid(id) {
        const random = this.#random;
        const isHotAuction = random.below(HOT_AUCTION_RATIO) > 0;
        const auction = FIRST_ID + (isHotAuction ? hotBatch(lastAuction(id)) : this.#anyAuction(id));
        const isHotBidder = random.below(HOT_BIDDER_RATIO) > 0;
        const bidder = FIRST_ID + (isHotBidder ? hotBatch(lastPerson(id)) + 1 : this.#anyPerson(id));
        const price = this.#price();
        const extra = this.#extra(32, BID_BYTES);
        const channel = this.#channelOf(id);
        return {
            auction,
            bidder,
            price,
            channel: channel < CHANNELS ? `channel-${channel}` : HOT_CHANNELS[channel - CHANNELS],
            url: this.#urlOf(channel),
            dateTime: this.#time(id),
            extra,
        };
    }
    #channelOf(id) {
        const random = this.#channels;
        random.seed(BID_CHANNEL_SEED + id);
        const isHot = random.below(HOT_CHANNEL_RATIO) > 0;
        return isHot ? CHANNELS + random.below(HOT_CHANNELS.length) : random.below(CHANNELS);
    }
    /** A channel has one url, always the same. */
    #urlOf(channel) {
        let url = this.#urls.get(channel);
        if (url !== undefined)
            return url;
        const random = this.#channels;
        random.seed(CHANNEL_SEED + channel);
        const folders = [0, 0, 0].map(() => text(random, 5, "_"));
        url = `https://www.nexmark.com/${folders.join("/")}/item.htm?query=1`;
        if (channel < CHANNELS && random.below(10) > 0)
            url += `&channel_id=${Math.abs(reversedBits(channel))}`;
        this.#urls.set(channel, url);
        return url;
    }
    #anyPerson(id) {
        const people = lastPerson(id) + 1;
        const active = Math.min(people, ACTIVE_PEOPLE);
        return people - active + this.#random.below(active + ID_LEAD);
    }
    #anyAuction(id) {
        const last = lastAuction(id);
        const first = Math.max(last - IN_FLIGHT_AUCTIONS, 0);
        return first + this.#random.below(last - first + 1 + ID_LEAD);
    }
    /** Cents, log-uniform from 1 to 1,000,000 in the currency's unit. */
    #price() {
        return Math.round(Math.pow(10, this.#random.double() * 6) * 100);
    }
    #oneOf(choices) {
        return choices[this.#random.below(choices.length)];
    }
    #text(lengthMax) {
        return text(this.#random, lengthMax, " ");
    }
    /** Fills the event up to its average size, give or take a fifth of what is missing. */
    #extra(size, averageSize) {
        if (size > averageSize)
            return "";
        const missing = averageSize - size;
        const delta = Math.round(missing * 0.2);
        const length = missing - delta + (delta === 0 ? 0 : this.#random.below(2 * delta));
        return this.#exactText(length);
    }
    /** Six characters a draw; a negative draw gives characters below "a", as Java's remainder does. */
    #exactText(length) {
        let made = "";
        let draw = 0;
        for (let i = 0; i < length; i++) {
            if (i % 6 === 0)
                draw = this.#random.int();
            made += String.fromCharCode(97 + (draw % 26));
            draw = Math.trunc(draw / 26);
        }
        return made;
    }
}
function lastPerson(id) {
    return Math.floor(id / EVENTS_PER_EPOCH);
}
function lastAuction(id) {
    const epoch = Math.floor(id / EVENTS_PER_EPOCH);
    const place = id % EVENTS_PER_EPOCH;
    if (place === 0)
        return AUCTIONS_PER_EPOCH * (epoch - 1) + AUCTIONS_PER_EPOCH - 1;
    return AUCTIONS_PER_EPOCH * epoch + Math.min(place, AUCTIONS_PER_EPOCH) - 1;
}
function hotBatch(last) {
    return Math.floor(last / HOT_BATCH) * HOT_BATCH;
}
function text(random, lengthMax, special) {
    let made = "";
    for (let left = 3 + random.below(lengthMax - 3); left > 0; left--) {
        made += random.below(13) === 0 ? special : String.fromCharCode(97 + random.below(26));
    }
    return made.trim();
}
function reversedBits(value) {
    let reversed = 0;
    for (let bit = 0; bit < 32; bit++)
        reversed = (reversed << 1) | ((value >>> bit) & 1);
    return reversed;
}
//# sourceMappingURL=generator.js.map