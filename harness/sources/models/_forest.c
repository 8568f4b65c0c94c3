/* See _forest.h. */
#include "_forest.h"

#include <stdlib.h>
#include <string.h>

/* for functions that are only quick where the number of lanes is known inside them */
#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#elif defined(_MSC_VER)
#define INLINE static __forceinline
#else
#define INLINE static inline
#endif

/* Walks in flight, so that the processor overlaps their memory latencies: of one row through many trees, and of many
 * rows through one tree, which lies in the nearest cache, where more walks would only crowd the registers. */
#define TREE_LANES 16
#define ROW_LANES 8

#define TOP 5             /* levels of a tree in which reach() tries every node */
#define WORTH_A_BLOCK 16  /* rows */
#define MOST_VARYING 16   /* features of a sweep */
#define DEEPEST 512       /* levels of the deepest tree; model.py refuses deeper ones */
#define MOST_USED 256
#define MOST_THRESHOLDS 255
#define FILLING 2         /* bytes of a compact forest per byte of its nodes, at most */
#define WORTH_A_PART 64   /* trees: fewer with so many thresholds are walked no quicker than their nodes */

/* Walking nodes ---------------------------------------------------------------------------------------------------- */

/* One walk per lane, from nodes at[] to leaves; a leaf stays where it is. Lane i reads the features x + i * stride. */
INLINE void walk(const Node *nodes, const float *x, size_t stride, int depth, uint32_t *at, int lanes)
{
    int lane, level;
    for (level = 0; level < depth; level++)
        for (lane = 0; lane < lanes; lane++) {
            Node node = nodes[at[lane]];
            uint32_t offset = node.link >> FEATURE_BITS;
            uint32_t right = !(x[(size_t)lane * stride + (node.link & FEATURE_MASK)] < node.value);
            at[lane] += offset + (right & (offset != 0));
        }
}

static double sum_nodes_of_row(const Forest *f, const float *x)
{
    uint32_t at[TREE_LANES];
    double sum = 0.0;
    size_t t;
    for (t = 0; t < f->n_trees; t += TREE_LANES) {
        int depth = 0, lane, used = (int)(f->n_trees - t < TREE_LANES ? f->n_trees - t : TREE_LANES);
        for (lane = 0; lane < TREE_LANES; lane++) {
            size_t tree = lane < used ? t + (size_t)lane : t;
            at[lane] = (uint32_t)f->roots[tree];
            if (f->depth[tree] > depth) depth = f->depth[tree];
        }
        walk(f->nodes, x, 0, depth, at, TREE_LANES);
        for (lane = 0; lane < used; lane++) sum += (double)f->nodes[at[lane]].value;
    }
    return sum;
}

static void sum_nodes_of_rows(const Forest *f, const float *x, int width, int rows, double *sums)
{
    uint32_t at[ROW_LANES];
    int lane, r;
    size_t t;
    for (t = 0; t < f->n_trees; t++)
        for (r = 0; r < rows; r += ROW_LANES) {
            for (lane = 0; lane < ROW_LANES; lane++) at[lane] = (uint32_t)f->roots[t];
            walk(f->nodes, x + (size_t)r * (size_t)width, (size_t)width, f->depth[t], at, ROW_LANES);
            for (lane = 0; lane < ROW_LANES; lane++) sums[r + lane] += (double)f->nodes[at[lane]].value;
        }
}

/* Walking the compact layout --------------------------------------------------------------------------------------- */

/* How many of n ascending thresholds are <= x; all of them for NaN, which is below none. No branch to mispredict. */
static inline uint8_t rank(const float *threshold, int n, float x)
{
    const float *at = threshold;
    while (n > 1) {
        int half = n / 2;
        at += half & -(int)!(x < at[half - 1]);
        n -= half;
    }
    return (uint8_t)(at - threshold + !(x < *at));
}

/* The rank of feature u of the row goes to ranks[u * apart]. */
static void rank_row(const Compact *c, const float *x, uint8_t *ranks, size_t apart)
{
    int u;
    for (u = 0; u < c->n_used; u++)
        ranks[(size_t)u * apart] = rank(c->threshold + c->first[u], c->first[u + 1] - c->first[u], x[c->feature[u]]);
}

/* As walk, from one level to the leaves: at[] goes from node indices of that level to leaf indices. Lane i has its
 * ranks at ranks + i * between. */
INLINE void descend(const Compact *c, int level, const uint8_t *ranks, size_t apart, size_t between, uint32_t *at,
                    int lanes)
{
    const uint16_t *codes = c->code + c->trees * (((size_t)1 << level) - 1);
    int lane;
    for (; level < c->depth; codes += c->trees << level, level++)
        for (lane = 0; lane < lanes; lane++) {
            unsigned code = codes[at[lane]];
            at[lane] = 2 * at[lane] + (ranks[(code & 255u) * apart + (size_t)lane * between] > code >> 8);
        }
}

static double sum_compact_of_row(const Compact *c, const uint8_t *ranks)
{
    uint32_t at[TREE_LANES];
    double sum = 0.0;
    size_t t;
    int lane;
    for (t = 0; t < c->trees; t += TREE_LANES) {
        for (lane = 0; lane < TREE_LANES; lane++) at[lane] = (uint32_t)t + (uint32_t)lane;
        descend(c, 0, ranks, 1, 0, at, TREE_LANES);
        for (lane = 0; lane < TREE_LANES; lane++) sum += (double)c->leaf[at[lane]];
    }
    return sum;
}

/* Where each row of a block is after ``levels`` levels of a tree, counted from the level's first node of that tree.
 * Every node above is tried for every row: so many comparisons of bytes side by side are quicker than a walk. */
static void reach(const Compact *c, size_t tree, int levels, const uint8_t *ranks, uint8_t *reached)
{
    uint8_t below[1 << TOP][BLOCK];
    int level, i, r;
    memset(below[0], 0, BLOCK);     /* for no levels at all */
    for (level = levels - 1; level >= 0; level--)
        for (i = 0; i < 1 << level; i++) {
            unsigned code = c->code[c->trees * (((size_t)1 << level) - 1) + (tree << level) + (size_t)i];
            const uint8_t *of = ranks + (code & 255u) * BLOCK;
            const uint8_t *left = below[2 * i], *right = below[2 * i + 1], threshold = (uint8_t)(code >> 8);
            uint8_t goes[BLOCK], found[BLOCK];      /* goes: all bits set where the row goes right */
            for (r = 0; r < BLOCK; r++) goes[r] = (uint8_t)-(of[r] > threshold);
            if (level == levels - 1)
                for (r = 0; r < BLOCK; r++) found[r] = (uint8_t)(2 * i + (goes[r] & 1));
            else
                for (r = 0; r < BLOCK; r++) found[r] = left[r] ^ ((left[r] ^ right[r]) & goes[r]);
            memcpy(below[i], found, BLOCK);
        }
    memcpy(reached, below[0], BLOCK);
}

/* ranks: those of feature u at ranks + u * BLOCK, for as many rows as there are lanes to fill. */
static void sum_compact_of_rows(const Compact *c, const uint8_t *ranks, int rows, double *sums)
{
    uint8_t reached[BLOCK];
    uint32_t at[ROW_LANES];
    int levels = c->depth < TOP ? c->depth : TOP, lane, r;
    size_t t;
    for (t = 0; t < c->n_trees; t++) {
        reach(c, t, levels, ranks, reached);
        for (r = 0; r < rows; r += ROW_LANES) {
            for (lane = 0; lane < ROW_LANES; lane++) at[lane] = ((uint32_t)t << levels) + reached[r + lane];
            descend(c, levels, ranks + r, BLOCK, 1, at, ROW_LANES);
            for (lane = 0; lane < ROW_LANES; lane++) sums[r + lane] += (double)c->leaf[at[lane]];
        }
    }
}

/* Adds the trees of one part to the sums. */
static void add_compact(const Compact *c, const float *x, int width, int rows, double *sums)
{
    uint8_t ranks[BLOCK * MOST_USED];
    double filled[BLOCK] = {0};
    int r;
    if (rows < WORTH_A_BLOCK) {
        for (r = 0; r < rows; r++) {
            rank_row(c, x + (size_t)r * (size_t)width, ranks, 1);
            sums[r] += sum_compact_of_row(c, ranks);
        }
        return;
    }
    memset(ranks, 0, BLOCK * (size_t)c->n_used);        /* for lanes without a row */
    for (r = 0; r < rows; r++) rank_row(c, x + (size_t)r * (size_t)width, ranks + r, BLOCK);
    sum_compact_of_rows(c, ranks, rows, filled);
    for (r = 0; r < rows; r++) sums[r] += filled[r];
}

void forest_sum(const Forest *f, const float *x, int width, int rows, double *sums)
{
    const Compact *c;
    int r, together = rows - rows % ROW_LANES;
    memset(sums, 0, sizeof(double) * (size_t)rows);
    for (c = f->compact; c; c = c->next) add_compact(c, x, width, rows, sums);
    if (f->compact) return;
    sum_nodes_of_rows(f, x, width, together, sums);
    for (r = together; r < rows; r++) sums[r] = sum_nodes_of_row(f, x + (size_t)r * (size_t)width);
}

/* Sweeps ----------------------------------------------------------------------------------------------------------- */

static void part(const Node *node, const float *x, size_t width, int from, int to, double *sums)
{
    uint32_t offset;
    while ((offset = node->link >> FEATURE_BITS) != 0) {
        const float *column = x + (node->link & FEATURE_MASK);
        int left = from, right = to;          /* rows before left go left, those from right on go right */
        if (!(column[(size_t)from * width] < node->value)) right = from;
        else if (column[(size_t)(to - 1) * width] < node->value) left = to;
        while (left < right) {
            int middle = (left + right) / 2;
            if (column[(size_t)middle * width] < node->value) left = middle + 1;
            else right = middle;
        }
        node += offset;
        if (left == to) continue;
        if (left > from) part(node, x, width, from, left, sums);
        from = left;
        node++;
    }
    for (; from < to; from++) sums[from] += (double)node->value;
}

/* A sweep through the compact layout. Where a feature varies, the rows in order part in front of ``place`` at each of
 * its thresholds; where not, its rank decides for all. */
typedef struct {
    const Compact *c;
    uint8_t ranks[MOST_USED], varying[MOST_USED];       /* varying: 1 + its line of place, 0 where the feature is constant */
    uint16_t place[MOST_VARYING][MOST_THRESHOLDS + 1];
} Sweep;

/* 0 where too many features vary. */
static int prepare_sweep(Sweep *s, const Compact *c, const float *x, size_t width, int rows)
{
    int u, k, row, lines = 0;
    s->c = c;
    rank_row(c, x, s->ranks, 1);
    for (u = 0; u < c->n_used; u++) {
        const float *column = x + c->feature[u], *threshold = c->threshold + c->first[u];
        s->varying[u] = 0;
        if (column[0] == column[(size_t)(rows - 1) * width]) continue;
        if (lines == MOST_VARYING) return 0;
        for (k = row = 0; k < c->first[u + 1] - c->first[u]; k++) {
            while (row < rows && column[(size_t)row * width] < threshold[k]) row++;
            s->place[lines][k] = (uint16_t)row;
        }
        s->place[lines][MOST_THRESHOLDS] = (uint16_t)rows;      /* below a leaf */
        s->varying[u] = (uint8_t)++lines;
    }
    return 1;
}

/* Rows from .. to - 1 go through the subtree of node ``at``; what it adds to them starts and ends in ``changes``. */
static void part_compact(const Sweep *s, int level, size_t at, int from, int to, double *changes)
{
    const Compact *c = s->c;
    const uint16_t *codes = c->code + c->trees * (((size_t)1 << level) - 1);
    for (; level < c->depth; codes += c->trees << level, level++) {
        unsigned code = codes[at], varying = s->varying[code & 255u];
        at *= 2;
        if (!varying) at += s->ranks[code & 255u] > code >> 8;
        else {
            int left = s->place[varying - 1][code >> 8];
            if (left <= from) at++;
            else if (left < to) {
                part_compact(s, level + 1, at, from, left, changes);
                from = left;
                at++;
            }
        }
    }
    changes[from] += (double)c->leaf[at];
    changes[to] -= (double)c->leaf[at];
}

static int sweep_compact(const Forest *f, const float *x, size_t width, int rows, double *sums)
{
    double changes[SWEEP + 1] = {0}, sum = 0.0;
    const Compact *c;
    Sweep s;
    size_t t;
    int r;
    for (c = f->compact; c; c = c->next) {
        if (!prepare_sweep(&s, c, x, width, rows)) return 0;
        for (t = 0; t < c->n_trees; t++) part_compact(&s, 0, t, 0, rows, changes);
    }
    for (r = 0; r < rows; r++) sums[r] = sum += changes[r];
    return 1;
}

void forest_sweep(const Forest *f, const float *x, int width, int rows, double *sums)
{
    size_t t;
    if (f->compact && sweep_compact(f, x, (size_t)width, rows, sums)) return;
    memset(sums, 0, sizeof(double) * (size_t)rows);
    for (t = 0; t < f->n_trees; t++) part(f->nodes + f->roots[t], x, (size_t)width, 0, rows, sums);
}

/* Preparing -------------------------------------------------------------------------------------------------------- */

static int deepest(const Node *root, int level)
{
    uint32_t offset = root->link >> FEATURE_BITS;
    int left, right;
    if (!offset || level >= DEEPEST) return level;
    left = deepest(root + offset, level + 1);
    right = deepest(root + offset + 1, level + 1);
    return left > right ? left : right;
}

static void compact_free(Compact *c)
{
    while (c) {
        Compact *next = c->next;
        free(c->feature); free(c->first); free(c->threshold); free(c->code); free(c->leaf);
        free(c);
        c = next;
    }
}

#define MOST_SPLITS (MOST_USED * MOST_THRESHOLDS)
#define SLOTS (1u << 17)  /* of a hash table, more than twice as many */

typedef struct { float threshold; uint16_t used, kind; } Split;

typedef struct {            /* the different splits of a part; a kind is 1 + the place of a split, 0 stands for leaves */
    int used[FEATURE_MASK + 1], count[MOST_USED], n_used, n_splits;
    size_t n_nodes;
    Split splits[MOST_SPLITS];
    uint16_t slots[SLOTS], code[MOST_SPLITS + 1];
} Splits;

/* The kind of a split, new or not; 0 where there are too many. */
static int kind_of(Splits *all, Node node)
{
    float threshold = node.value + 0.0f;        /* no -0, which is equal to 0 but has other bits */
    int *used = &all->used[node.link & FEATURE_MASK], kind;
    uint32_t bits, slot;
    if (*used < 0) {
        if (all->n_used == MOST_USED) return 0;
        *used = all->n_used++;
    }
    memcpy(&bits, &threshold, sizeof bits);
    slot = (bits + (uint32_t)*used * 0x9e3779b9u) * 0x85ebca6bu / (UINT32_MAX / SLOTS + 1);
    for (; (kind = all->slots[slot]) != 0; slot = (slot + 1) % SLOTS)
        if (all->splits[kind - 1].threshold == threshold && all->splits[kind - 1].used == *used) return kind;
    if (all->count[*used] == MOST_THRESHOLDS) return 0;
    all->count[*used]++;
    kind = all->n_splits + 1;
    all->splits[all->n_splits++] = (Split){threshold, (uint16_t)*used, (uint16_t)kind};
    return all->slots[slot] = (uint16_t)kind;
}

/* The kind of every node of a subtree; 0 where there are too many. */
static int collect(const Forest *f, size_t at, Splits *all, uint16_t *kinds)
{
    Node node = f->nodes[at];
    uint32_t offset = node.link >> FEATURE_BITS;
    all->n_nodes++;
    kinds[at] = 0;
    if (!offset) return 1;
    if (!(kinds[at] = (uint16_t)kind_of(all, node))) return 0;
    return collect(f, at + offset, all, kinds) && collect(f, at + offset + 1, all, kinds);
}

static int by_feature_and_threshold(const void *left, const void *right)
{
    const Split *a = left, *b = right;
    if (a->used != b->used) return a->used < b->used ? -1 : 1;
    return a->threshold < b->threshold ? -1 : a->threshold > b->threshold;
}

/* Numbers the splits by rank; -1 without memory. */
static int rank_splits(Splits *all, Compact *c)
{
    int i, feature;
    c->n_used = all->n_used;
    c->feature = calloc((size_t)all->n_used + 1, sizeof *c->feature);
    c->first = calloc((size_t)all->n_used + 1, sizeof *c->first);
    c->threshold = calloc((size_t)all->n_splits + 1, sizeof *c->threshold);
    if (!c->feature || !c->first || !c->threshold) return -1;
    for (feature = 0; feature <= (int)FEATURE_MASK; feature++)
        if (all->used[feature] >= 0) c->feature[all->used[feature]] = feature;
    for (i = 0; i < all->n_used; i++) c->first[i + 1] = c->first[i] + all->count[i];
    qsort(all->splits, (size_t)all->n_splits, sizeof *all->splits, by_feature_and_threshold);
    all->code[0] = MOST_THRESHOLDS << 8;                /* a rank that no row exceeds: below a leaf, to the left */
    for (i = 0; i < all->n_splits; i++) {
        Split split = all->splits[i];
        c->threshold[i] = split.threshold;
        all->code[split.kind] = (uint16_t)((i - c->first[split.used]) << 8 | split.used);
    }
    return 0;
}

typedef struct { const Node *nodes; const uint16_t *kinds, *code; Compact *c; } Filling;

/* A leaf above the last level is repeated below itself. */
static void fill(const Filling *from, size_t node, int level, size_t at)
{
    Compact *c = from->c;
    uint32_t offset = from->nodes[node].link >> FEATURE_BITS;
    if (level == c->depth) { c->leaf[at] = from->nodes[node].value; return; }
    c->code[c->trees * (((size_t)1 << level) - 1) + at] = from->code[from->kinds[node]];
    fill(from, node + offset, level + 1, 2 * at);
    fill(from, node + offset + (offset != 0), level + 1, 2 * at + 1);
}

/* Sets *part to the trees from .. upto - 1, whose splits are ``all``, if they are nearly complete; -1 without memory. */
static int make_part(const Forest *f, size_t from, size_t upto, Splits *all, const uint16_t *kinds, Compact **part)
{
    Compact *c = calloc(1, sizeof *c);
    Filling filling = {f->nodes, kinds, all->code, c};
    size_t t, leaves;
    int done = c ? 0 : -1;
    if (!c) goto end;
    c->n_trees = upto - from;
    c->trees = (c->n_trees + TREE_LANES - 1) / TREE_LANES * TREE_LANES;
    for (t = from; t < upto; t++) if (f->depth[t] > c->depth) c->depth = f->depth[t];
    leaves = c->depth < 24 ? c->trees << c->depth : SIZE_MAX / sizeof(Node);
    if (leaves * (sizeof *c->code + sizeof *c->leaf) > FILLING * all->n_nodes * sizeof(Node)) goto end;
    done = -1;
    c->code = calloc(leaves, sizeof *c->code);
    c->leaf = calloc(leaves, sizeof *c->leaf);
    if (!c->code || !c->leaf || rank_splits(all, c)) goto end;
    for (t = from; t < upto; t++) fill(&filling, (size_t)f->roots[t], 0, t - from);
    *part = c;
    c = NULL;
    done = 0;
end:
    compact_free(c);
    return done;
}

/* Sets f->compact if the trees fit it, each part taking as many as have few enough thresholds; -1 without memory. */
static int compress(Forest *f)
{
    Splits *all = malloc(sizeof *all);
    uint16_t *kinds = malloc((f->n_nodes + 1) * sizeof *kinds);
    Compact *first = NULL, **part = &first;
    size_t from = 0, upto;
    int done = all && kinds ? 0 : -1;
    while (!done && from < f->n_trees) {
        memset(all, 0, sizeof *all);
        memset(all->used, -1, sizeof all->used);
        for (upto = from; upto < f->n_trees && collect(f, (size_t)f->roots[upto], all, kinds); upto++) ;
        if (upto == f->n_trees || upto - from >= WORTH_A_PART) done = make_part(f, from, upto, all, kinds, part);
        if (done || !*part) break;
        part = &(*part)->next;
        from = upto;
    }
    if (!done && from == f->n_trees) { f->compact = first; first = NULL; }
    compact_free(first); free(all); free(kinds);
    return done;
}

int forest_prepare(Forest *f, int compact)
{
    size_t t;
    if (!(f->depth = calloc(f->n_trees + 1, sizeof *f->depth))) return -1;
    for (t = 0; t < f->n_trees; t++) f->depth[t] = deepest(f->nodes + f->roots[t], 0);
    return compact ? compress(f) : 0;
}

void forest_release(Forest *f)
{
    free(f->depth);
    compact_free(f->compact);
}
