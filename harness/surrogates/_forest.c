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

#define DEEPEST 512       /* levels of the deepest tree; model.py refuses deeper ones */
#define MOST_USED 256
#define MOST_THRESHOLDS 255
#define FILLING 2         /* bytes of a compact forest per byte of its nodes, at most */

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

static void rank_row(const Compact *c, const float *x, uint8_t *ranks)
{
    int u;
    for (u = 0; u < c->n_used; u++)
        ranks[u] = rank(c->threshold + c->first[u], c->first[u + 1] - c->first[u], x[c->feature[u]]);
}

/* As walk: at[] goes from node indices of the first level, the trees' numbers, to leaf indices. */
INLINE void descend(const Compact *c, const uint8_t *ranks, size_t stride, uint32_t *at, int lanes)
{
    const uint16_t *codes = c->code;
    int lane, level;
    for (level = 0; level < c->depth; codes += c->trees << level, level++)
        for (lane = 0; lane < lanes; lane++) {
            unsigned code = codes[at[lane]];
            at[lane] = 2 * at[lane] + (ranks[(size_t)lane * stride + (code & 255u)] > code >> 8);
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
        descend(c, ranks, 0, at, TREE_LANES);
        for (lane = 0; lane < TREE_LANES; lane++) sum += (double)c->leaf[at[lane]];
    }
    return sum;
}

static void sum_compact_of_rows(const Compact *c, const uint8_t *ranks, size_t n_trees, int rows, double *sums)
{
    uint32_t at[ROW_LANES];
    size_t t, stride = (size_t)c->n_used;
    int lane, r;
    for (t = 0; t < n_trees; t++)
        for (r = 0; r < rows; r += ROW_LANES) {
            for (lane = 0; lane < ROW_LANES; lane++) at[lane] = (uint32_t)t;
            descend(c, ranks + (size_t)r * stride, stride, at, ROW_LANES);
            for (lane = 0; lane < ROW_LANES; lane++) sums[r + lane] += (double)c->leaf[at[lane]];
        }
}

void forest_sum(const Forest *f, const float *x, int width, int rows, double *sums)
{
    uint8_t ranks[BLOCK * MOST_USED];
    const Compact *c = f->compact;
    int r, together = rows - rows % ROW_LANES;
    memset(sums, 0, sizeof(double) * (size_t)rows);
    if (c) {
        for (r = 0; r < rows; r++) rank_row(c, x + (size_t)r * (size_t)width, ranks + r * c->n_used);
        sum_compact_of_rows(c, ranks, f->n_trees, together, sums);
        for (r = together; r < rows; r++) sums[r] = sum_compact_of_row(c, ranks + r * c->n_used);
    } else {
        sum_nodes_of_rows(f, x, width, together, sums);
        for (r = together; r < rows; r++) sums[r] = sum_nodes_of_row(f, x + (size_t)r * (size_t)width);
    }
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

void forest_sweep(const Forest *f, const float *x, int width, int rows, double *sums)
{
    size_t t;
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
    if (!c) return;
    free(c->feature); free(c->first); free(c->threshold); free(c->code); free(c->leaf);
    free(c);
}

#define MOST_SPLITS (MOST_USED * MOST_THRESHOLDS)
#define SLOTS (1u << 17)  /* of a hash table, more than twice as many */

typedef struct { float threshold; uint16_t used, kind; } Split;

typedef struct {            /* the different splits of a forest; a kind is 1 + the place of a split, 0 stands for leaves */
    int used[FEATURE_MASK + 1], count[MOST_USED], n_used, n_splits;
    Split splits[MOST_SPLITS];
    uint16_t slots[SLOTS], code[MOST_SPLITS + 1];
} Splits;

/* Finds the different splits and the kind of every node; 0 where there are too many. */
static int collect(const Forest *f, Splits *all, uint16_t *kinds)
{
    size_t i;
    memset(all->used, -1, sizeof all->used);
    for (i = 0; i < f->n_nodes; i++) {
        uint32_t link = f->nodes[i].link, bits, slot;
        float threshold = f->nodes[i].value + 0.0f;     /* no -0, which is equal to 0 but has other bits */
        int *used = &all->used[link & FEATURE_MASK], kind;
        if (!(link >> FEATURE_BITS)) continue;
        if (*used < 0) {
            if (all->n_used == MOST_USED) return 0;
            *used = all->n_used++;
        }
        memcpy(&bits, &threshold, sizeof bits);
        slot = (bits + (uint32_t)*used * 0x9e3779b9u) * 0x85ebca6bu / (UINT32_MAX / SLOTS + 1);
        for (; (kind = all->slots[slot]) != 0; slot = (slot + 1) % SLOTS)
            if (all->splits[kind - 1].threshold == threshold && all->splits[kind - 1].used == *used) break;
        if (!kind) {
            if (all->count[*used]++ == MOST_THRESHOLDS) return 0;
            kind = all->n_splits + 1;
            all->splits[all->n_splits++] = (Split){threshold, (uint16_t)*used, (uint16_t)kind};
            all->slots[slot] = (uint16_t)kind;
        }
        kinds[i] = (uint16_t)kind;
    }
    return 1;
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

/* Sets f->compact if the trees fit it; -1 without memory. */
static int compress(Forest *f)
{
    Compact *c = calloc(1, sizeof *c);
    Splits *all = calloc(1, sizeof *all);
    uint16_t *kinds = calloc(f->n_nodes + 1, sizeof *kinds);
    size_t t, leaves;
    int done = -1;
    if (!c || !all || !kinds) goto end;
    done = 0;
    c->trees = (f->n_trees + TREE_LANES - 1) / TREE_LANES * TREE_LANES;
    for (t = 0; t < f->n_trees; t++) if (f->depth[t] > c->depth) c->depth = f->depth[t];
    leaves = c->depth < 24 ? c->trees << c->depth : SIZE_MAX / sizeof(Node);
    if (!leaves || leaves * (sizeof *c->code + sizeof *c->leaf) > FILLING * f->n_nodes * sizeof(Node)) goto end;
    if (!collect(f, all, kinds)) goto end;
    done = -1;
    c->code = calloc(leaves, sizeof *c->code);
    c->leaf = calloc(leaves, sizeof *c->leaf);
    if (!c->code || !c->leaf || rank_splits(all, c)) goto end;
    for (t = 0; t < f->n_trees; t++) {
        Filling from = {f->nodes, kinds, all->code, c};
        fill(&from, (size_t)f->roots[t], 0, t);
    }
    f->compact = c;
    c = NULL;
    done = 0;
end:
    compact_free(c); free(all); free(kinds);
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
