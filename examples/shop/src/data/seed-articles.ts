import type { CategoryId } from "../catalogue/category.js";
import type { ColourName } from "../pictures/colours.js";
import type { ShapeName } from "../pictures/picture.js";

/** A kind of article that the seed makes variants of. */
export interface Article {
  readonly name: string;
  readonly shape: ShapeName;
  /** Range of prices in whole euros. */
  readonly euros: readonly [number, number];
  readonly detail: string;
  /** One sentence about it; `{colour}` and `{place}` are filled in. */
  readonly about: string;
}

/** What one department is made of. */
export interface Department {
  readonly category: CategoryId;
  /** Names of series; a product is a series and an article. */
  readonly series: readonly string[];
  readonly articles: readonly Article[];
  readonly finishes: readonly (readonly [ColourName, string])[];
  /** How the finish joins the name: `Tarn Mug, Celadon`. */
  readonly joined: (series: string, article: string, finish: string) => string;
  readonly closing: readonly string[];
}

const comma = (series: string, article: string, finish: string): string => `${series} ${article}, ${finish}`;

export const departments: readonly Department[] = [
  {
    category: "ceramics",
    series: ["Tarn", "Skerry", "Harrow", "Ottoline", "Brae", "Mira", "Linnet", "Dunmore", "Fjell"],
    articles: [
      {
        name: "Mug",
        shape: "mug",
        euros: [16, 28],
        detail: "Stoneware · 320 ml",
        about:
          "A generous mug with a handle that fits four fingers, glazed in {colour} and left bare at the foot.",
      },
      {
        name: "Espresso Cup",
        shape: "mug",
        euros: [12, 19],
        detail: "Porcelain · 90 ml",
        about: "A small, thick-walled cup that keeps its heat to the last sip, dipped in {colour}.",
      },
      {
        name: "Serving Bowl",
        shape: "bowl",
        euros: [34, 62],
        detail: "Stoneware · Ø 28 cm",
        about:
          "Wide enough for a salad for six, with a soft rim and a {colour} glaze that breaks at the edge.",
      },
      {
        name: "Breakfast Bowl",
        shape: "bowl",
        euros: [18, 27],
        detail: "Stoneware · Ø 15 cm",
        about: "Porridge, soup or figs: a daily bowl in {colour}, stackable and safe in the oven.",
      },
      {
        name: "Bottle Vase",
        shape: "vase",
        euros: [38, 84],
        detail: "Earthenware · 26 cm",
        about: "A narrow neck for a few stems, a round belly for the light. Poured glaze in {colour}.",
      },
      {
        name: "Teapot",
        shape: "teapot",
        euros: [52, 96],
        detail: "Stoneware · 0.9 l",
        about: "Pours without a drip and holds four cups. The {colour} glaze is fired twice.",
      },
    ],
    finishes: [
      ["celadon", "Celadon"],
      ["oatmeal", "Oatmeal"],
      ["cobalt", "Cobalt"],
      ["terracotta", "Terracotta"],
      ["rose", "Rose Ash"],
      ["charcoal", "Charcoal"],
      ["sky", "Rain"],
      ["plum", "Damson"],
    ],
    joined: comma,
    closing: [
      "Thrown by hand in {place}; no two are quite alike.",
      "From a family workshop in {place}.",
      "Dishwasher safe, as useful things should be.",
      "Signed under the foot by the potter, in {place}.",
    ],
  },
  {
    category: "lighting",
    series: ["Lumen", "Halden", "Vesper", "Corvo", "Aster", "Norrsken", "Pharos", "Ember"],
    articles: [
      {
        name: "Table Lamp",
        shape: "tableLamp",
        euros: [79, 165],
        detail: "Linen shade · E27",
        about: "A shade in {colour} linen over a turned base, with a dimmer in the cord.",
      },
      {
        name: "Bedside Lamp",
        shape: "tableLamp",
        euros: [54, 98],
        detail: "Cotton shade · E14",
        about: "Small enough for a stack of books, warm enough to finish the chapter. In {colour}.",
      },
      {
        name: "Pendant",
        shape: "pendant",
        euros: [88, 210],
        detail: "Spun steel · 2 m cord",
        about:
          "Spun from one sheet and painted {colour} outside, white inside, so that the table gets the light.",
      },
      {
        name: "Storm Lantern",
        shape: "lantern",
        euros: [42, 76],
        detail: "Steel and glass · 34 cm",
        about: "For the garden step and the windowsill, in {colour} with four panes of clear glass.",
      },
      {
        name: "Pillar Candles",
        shape: "candle",
        euros: [14, 32],
        detail: "Rapeseed wax · 40 h",
        about: "Slow-burning wax in {colour}, unscented, with a cotton wick.",
      },
    ],
    finishes: [
      ["brass", "Brass"],
      ["cream", "Cream"],
      ["rust", "Rust"],
      ["charcoal", "Charcoal"],
      ["ink", "Ink"],
      ["moss", "Moss"],
      ["lilac", "Heather"],
      ["ochre", "Ochre"],
    ],
    joined: comma,
    closing: [
      "Made and wired in {place}.",
      "The bulb is not included; a warm one suits it best.",
      "Every part can be replaced.",
      "Packed in card and paper, never foam.",
    ],
  },
  {
    category: "pantry",
    series: [
      "Morning Ferry",
      "Old Orchard",
      "North Quay",
      "Seven Sisters",
      "Paper Lantern",
      "Little Owl",
      "Copper Kettle",
      "Harbour",
    ],
    articles: [
      {
        name: "Breakfast Tea",
        shape: "tin",
        euros: [9, 16],
        detail: "Black tea · 125 g",
        about: "A brisk blend with malt and a little smoke, in a {colour} tin that outlives its tea.",
      },
      {
        name: "Green Sencha",
        shape: "tin",
        euros: [12, 21],
        detail: "Green tea · 100 g",
        about: "First-flush leaves, steamed and rolled; grassy, sweet, forgiving.",
      },
      {
        name: "Espresso Roast",
        shape: "bag",
        euros: [11, 18],
        detail: "Whole beans · 250 g",
        about: "Cocoa, toasted hazelnut, a long finish. Roasted on Tuesdays, posted on Wednesdays.",
      },
      {
        name: "Filter Roast",
        shape: "bag",
        euros: [12, 19],
        detail: "Whole beans · 250 g",
        about: "A light roast that tastes of stone fruit and honey, at its best in a paper filter.",
      },
      {
        name: "French Press",
        shape: "press",
        euros: [34, 58],
        detail: "Glass and steel · 0.8 l",
        about: "Thick glass in a {colour} frame, with a filter that leaves the last sip clear.",
      },
      {
        name: "Marmalade",
        shape: "jar",
        euros: [6, 11],
        detail: "Bitter orange · 340 g",
        about: "Cut thick and boiled in copper with half the usual sugar.",
      },
      {
        name: "Blossom Honey",
        shape: "jar",
        euros: [8, 14],
        detail: "Raw honey · 400 g",
        about: "One meadow, one summer, nothing added, nothing heated.",
      },
    ],
    finishes: [
      ["sage", "No. 1"],
      ["coral", "No. 2"],
      ["ochre", "No. 3"],
      ["rust", "No. 4"],
      ["celadon", "No. 5"],
      ["plum", "No. 6"],
      ["ink", "No. 7"],
      ["moss", "No. 8"],
    ],
    joined: (series, article, finish) => `${series} ${article} ${finish}`,
    closing: [
      "Packed in {place}.",
      "Keep it dry, dark and within reach.",
      "Bought directly from the people who grow it.",
      "A small batch from {place}.",
    ],
  },
  {
    category: "plants",
    series: ["Low", "Tall", "Old", "Young", "Twin", "Wild"],
    articles: [
      {
        name: "Cast-Iron Plant",
        shape: "leafy",
        euros: [24, 49],
        detail: "Aspidistra · shade",
        about: "Forgives dark corners and forgotten Sundays. Comes in a pot of {colour}.",
      },
      {
        name: "Peace Lily",
        shape: "leafy",
        euros: [19, 38],
        detail: "Spathiphyllum · half shade",
        about: "Tells you when it is thirsty and recovers in an hour. In a {colour} pot.",
      },
      {
        name: "Snake Plant",
        shape: "snake",
        euros: [18, 44],
        detail: "Sansevieria · any light",
        about: "Upright, unbothered, watered every other week. In a {colour} pot.",
      },
      {
        name: "Pillar Cactus",
        shape: "cactus",
        euros: [14, 32],
        detail: "Cereus · full sun",
        about: "Flowers once it trusts the windowsill. In a {colour} pot.",
      },
      {
        name: "Calamondin Tree",
        shape: "tree",
        euros: [36, 68],
        detail: "Citrus · bright",
        about: "A small orange tree with scent in spring and fruit in winter, potted in {colour}.",
      },
      {
        name: "Myrtle Standard",
        shape: "tree",
        euros: [32, 59],
        detail: "Myrtus · bright",
        about: "Clipped to a ball by hand; likes a cool winter. In a {colour} pot.",
      },
    ],
    finishes: [
      ["terracotta", "Terracotta"],
      ["cream", "Cream"],
      ["sky", "Sky"],
      ["charcoal", "Slate"],
      ["rose", "Rose"],
      ["cobalt", "Cobalt"],
      ["ochre", "Ochre"],
      ["walnut", "Umber"],
    ],
    joined: (series, article, finish) => `${series} ${article} in ${finish}`,
    closing: [
      "Grown without peat near {place}.",
      "Sent in a box with air holes and a letter about its habits.",
      "Raised from a cutting in {place}.",
      "Should it not survive the journey, we send another.",
    ],
  },
  {
    category: "stationery",
    series: ["Field", "Atlas", "Quarto", "Marginalia", "Postal", "Ledger", "Tidewater", "Octavo"],
    articles: [
      {
        name: "Notebook",
        shape: "notebook",
        euros: [9, 19],
        detail: "A5 · 160 dotted pages",
        about: "Lies flat from the first page. Cloth cover in {colour}, paper that takes a fountain pen.",
      },
      {
        name: "Sketchbook",
        shape: "notebook",
        euros: [14, 28],
        detail: "A4 · 120 g/m²",
        about: "Heavy, toothy paper behind a {colour} cover that shrugs off a rainy bench.",
      },
      {
        name: "Pencil Set",
        shape: "pencils",
        euros: [12, 24],
        detail: "Cedar · six in a pot",
        about: "Six soft pencils in a {colour} pot; they smell as pencils should.",
      },
      {
        name: "Letter Set",
        shape: "cards",
        euros: [11, 22],
        detail: "Ten cards and envelopes",
        about: "Cotton cards with {colour} envelopes, for the things that should not be typed.",
      },
      {
        name: "Fountain Pen",
        shape: "pen",
        euros: [32, 89],
        detail: "Steel nib · medium",
        about: "Turned resin in {colour}, a nib that wakes at once, and a converter in the box.",
      },
    ],
    finishes: [
      ["ink", "Ink"],
      ["charcoal", "Graphite"],
      ["sage", "Sage"],
      ["coral", "Coral"],
      ["lilac", "Lilac"],
      ["ochre", "Ochre"],
      ["cobalt", "Cobalt"],
      ["rust", "Rust"],
    ],
    joined: comma,
    closing: [
      "Sewn and bound in {place}.",
      "Printed in {place} on paper from managed forests.",
      "Comes in a plain box, ready to be given.",
      "Refills will be here as long as we are.",
    ],
  },
  {
    category: "textiles",
    series: ["Moorland", "Selvedge", "Isla", "Thistle", "Weaver's", "Solstice", "Meadow", "Saltmarsh"],
    articles: [
      {
        name: "Cushion",
        shape: "cushion",
        euros: [29, 58],
        detail: "Wool · 45 × 45 cm",
        about: "Woven in {colour} with a pattern older than the sofa, filled with feathers.",
      },
      {
        name: "Rug",
        shape: "throwRug",
        euros: [98, 240],
        detail: "Flat weave · 140 × 200 cm",
        about: "A flat weave in {colour} that lies still and wears well.",
      },
      {
        name: "Blanket",
        shape: "blanket",
        euros: [74, 148],
        detail: "Lambswool · 130 × 180 cm",
        about: "Light, dense and long enough for two pairs of feet. In {colour}, brushed once.",
      },
      {
        name: "Bath Towel",
        shape: "towel",
        euros: [22, 39],
        detail: "Cotton waffle · 70 × 140 cm",
        about: "A waffle weave in {colour} that dries you quickly and itself by evening.",
      },
      {
        name: "Tea Towel",
        shape: "towel",
        euros: [11, 18],
        detail: "Linen · 50 × 70 cm",
        about: "Half-linen in {colour}; the third wash makes it perfect.",
      },
    ],
    finishes: [
      ["oatmeal", "Oatmeal"],
      ["moss", "Moss"],
      ["rust", "Rust"],
      ["sky", "Sky"],
      ["plum", "Plum"],
      ["celadon", "Eucalyptus"],
      ["cobalt", "Cobalt"],
      ["rose", "Rose"],
    ],
    joined: comma,
    closing: [
      "Woven on old looms in {place}.",
      "Undyed warp, plant-dyed weft.",
      "Washes cool, dries flat, lasts.",
      "Finished by hand in {place}.",
    ],
  },
  {
    category: "furniture",
    series: ["Alder", "Bracken", "Finch", "Marlow", "Sund", "Trestle", "Wren", "Loft"],
    articles: [
      {
        name: "Stool",
        shape: "stool",
        euros: [69, 138],
        detail: "Solid wood · 46 cm",
        about: "Three uses a day: a seat, a step, a bedside table. Turned legs, {colour} seat.",
      },
      {
        name: "Dining Chair",
        shape: "chair",
        euros: [139, 289],
        detail: "Solid wood · seat 45 cm",
        about: "A back that leans a little and a seat that gives a little. Finished in {colour}.",
      },
      {
        name: "Side Table",
        shape: "sideTable",
        euros: [98, 198],
        detail: "Ash · Ø 48 cm",
        about: "Room for a lamp, a cup and the book you mean to finish. In {colour}.",
      },
      {
        name: "Bookshelf",
        shape: "shelf",
        euros: [189, 390],
        detail: "Birch ply · 90 × 120 cm",
        about: "Goes together without tools and apart without tears. Boards in {colour}.",
      },
    ],
    finishes: [
      ["oak", "Oak"],
      ["walnut", "Walnut"],
      ["charcoal", "Charcoal"],
      ["sage", "Sage"],
      ["cream", "Cream"],
      ["ink", "Midnight"],
      ["terracotta", "Brick"],
      ["ochre", "Ochre"],
    ],
    joined: comma,
    closing: [
      "Built in {place}, oiled twice.",
      "The joints are pegged and glued, the screws hidden or absent.",
      "Carries 120 kg and a good story.",
      "Timber from within a day's drive of {place}.",
    ],
  },
  {
    category: "prints",
    series: [
      "Evening",
      "First Light",
      "Long Shadow",
      "Low Tide",
      "After Rain",
      "Northbound",
      "Slow Sunday",
      "Half Term",
    ],
    articles: [
      {
        name: "Hills",
        shape: "hills",
        euros: [38, 92],
        detail: "Giclée · 40 × 50 cm",
        about: "A landscape reduced to its breath, in a palette around {colour}.",
      },
      {
        name: "Geometry",
        shape: "circles",
        euros: [42, 98],
        detail: "Screen print · 40 × 50 cm",
        about: "Quarter circles that will not sit still, pulled by hand in five inks around {colour}.",
      },
      {
        name: "Swell",
        shape: "waves",
        euros: [38, 89],
        detail: "Risograph · 40 × 50 cm",
        about: "Line after line of {colour}, each a little different, as the sea does it.",
      },
      {
        name: "Herbarium",
        shape: "botanical",
        euros: [34, 79],
        detail: "Letterpress · 40 × 50 cm",
        about: "One stem, many patient cuts, printed in {colour} on cotton paper.",
      },
    ],
    finishes: [
      ["plum", "Plum"],
      ["coral", "Coral"],
      ["ochre", "Ochre"],
      ["sky", "Sky"],
      ["celadon", "Celadon"],
      ["ink", "Ink"],
      ["moss", "Moss"],
      ["rust", "Rust"],
    ],
    joined: comma,
    closing: [
      "Numbered and signed, an edition of 150 from {place}.",
      "Framed in {place} behind real glass.",
      "The ink is made from pigment; daylight will not mind.",
      "Hangs straight from two hooks, both included.",
    ],
  },
];

/** Towns that things come from. */
export const places: readonly string[] = [
  "Galway",
  "Ghent",
  "Porto",
  "Aarhus",
  "Leith",
  "Ljubljana",
  "Bergen",
  "Turku",
  "Delft",
  "Bath",
  "Vigo",
  "Trento",
  "Visby",
  "Kinsale",
  "Annecy",
  "Cork",
];
