/* Sums of boosted trees, in plain C; _native.c gives them to Python. Terms and node format: model.py.
 *
 * Every function gives the same bits as the NumPy reference (evaluate.py) whatever order it visits trees and rows in:
 * leaves add exactly (model.Trees.build), and a split compares the same two float32 numbers or their ranks. */
#ifndef HARNESS_FOREST_H
#define HARNESS_FOREST_H

#include <stddef.h>
#include <stdint.h>

#define FEATURE_BITS 10
#define FEATURE_MASK ((1u << FEATURE_BITS) - 1)
#define BLOCK 64          /* most rows of forest_sum */
#define SWEEP 256         /* most rows of forest_sweep */

typedef struct { float value; uint32_t link; } Node;

/* A derived layout for trees that are nearly complete and have few different thresholds, as histogram boosting makes
 * them: a third of the memory, so that one row's walk stays near the processor. A node is the index of its feature
 * among those used, and the rank of its threshold among that feature's: rank of x > rank of threshold goes right.
 * Every tree is filled up to the same depth; node i of a level has the children 2i and 2i + 1 of the next.
 * Trees of several boosters, each with its own thresholds, take several parts. */
typedef struct Compact {
    int depth, n_used;
    size_t trees;           /* n_trees of the part and what makes them a multiple of the lanes: empty trees, adding 0 */
    size_t n_trees;
    int *feature;           /* of each used feature, its index in the feature vector */
    int *first;             /* feature u has the thresholds first[u] .. first[u + 1] - 1, ascending */
    float *threshold;
    uint16_t *code;         /* rank << 8 | used feature, level after level */
    float *leaf;
    struct Compact *next;   /* the part with the trees after these, or NULL */
} Compact;

typedef struct {
    size_t n_trees, n_nodes;
    const int32_t *roots;   /* borrowed, as are the nodes: they may lie in a file mapped by many processes */
    const Node *nodes;
    int *depth;             /* of each tree */
    Compact *compact;       /* the first part; NULL where the trees do not fit it */
} Forest;

/* Fills in what is derived from the trees; -1 without memory. forest_release frees it. */
int forest_prepare(Forest *f, int compact);
void forest_release(Forest *f);

/* sums[r] = sum of the trees for rows r of x, each of ``width`` features; rows <= BLOCK */
void forest_sum(const Forest *f, const float *x, int width, int rows, double *sums);

/* The same for rows in which no feature ever falls from one row to the next; rows <= SWEEP. A tree is walked once,
 * the rows parting where they differ, so that a curve over epochs costs little more than a few points of it. */
void forest_sweep(const Forest *f, const float *x, int width, int rows, double *sums);

#endif
