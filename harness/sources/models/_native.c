/* Evaluates compiled surrogate programs: features, trees (_forest.c), link. See evaluate.py, whose NumPy reference
 * gives the same bits: tree sums are exact in any order (model.Trees.build), and exp is harness/base/exact.py's.
 * Built without contraction of a*b+c, which would round differently from the reference. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <string.h>

#include "_forest.h"

#define WORTH_SWEEPING 16 /* rows */

typedef struct {            /* a one-hot (table == NULL) or lookup block */
    int n_keys, width;
    int *source, *size, *offset;
    int *codes;
    const float *table;
} Block;

typedef struct {
    int n_columns, n_blocks, n_features;
    int *columns;           /* index into the program's inputs */
    Block *blocks;
} Encoder;

typedef struct {
    int encoder, squash, exponential, n_weights;
    Forest forest;
    double base, lower, upper, slope;
    int *weight_index;
    double *weight;
} Model;

typedef struct {
    PyObject_HEAD
    int n_inputs, n_encoders, n_models, max_features;
    Encoder *encoders;
    Model *models;
    Py_buffer *views;       /* keeps every array alive */
    int n_views;
} Program;

static double exact_exp(double x)
{
    static const double inverse[] = {
        1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0, 1.0 / 362880.0, 1.0 / 40320.0,
        1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0};
    double k, r, p;
    int i;
    if (x < -700.0) x = -700.0;
    if (x > 700.0) x = 700.0;
    k = floor(x * 1.4426950408889634 + 0.5);
    r = x - k * 0.693147180369123816490;
    r = r - k * 1.90821492927058770002e-10;
    p = inverse[0];
    for (i = 1; i < 14; i++) { p = p * r; p = p + inverse[i]; }
    return ldexp(p, (int)k);
}

static double apply_link(const Model *m, double z, const float *x)
{
    double s, y;
    int j;
    z = z * m->slope;
    s = m->squash ? 1.0 / (1.0 + exact_exp(-z)) : z;
    y = s * (m->upper - m->lower);
    y = y + m->lower;
    for (j = 0; j < m->n_weights; j++) { double t = m->weight[j] * (double)x[m->weight_index[j]]; y = y + t; }
    return m->exponential ? exact_exp(y) : y;
}

static int make_features(const Encoder *e, const double *codes, float *x)
{
    int made = 0, b, i;
    for (i = 0; i < e->n_columns; i++) x[made++] = (float)codes[e->columns[i]];
    for (b = 0; b < e->n_blocks; b++) {
        const Block *block = &e->blocks[b];
        if (block->table == NULL) {
            float code = x[block->source[0]];
            for (i = 0; i < block->width; i++) x[made++] = code == (float)block->codes[i] ? 1.0f : 0.0f;
        } else {
            Py_ssize_t index = 0;
            for (i = 0; i < block->n_keys; i++) {
                int key = (int)x[block->source[i]] - block->offset[i];
                if (key < 0 || key >= block->size[i]) return -1;
                index = index * block->size[i] + key;
            }
            memcpy(x + made, block->table + index * block->width, sizeof(float) * (size_t)block->width);
            made += block->width;
        }
    }
    return 0;
}

/* No feature ever falls from one row to the next. */
static int never_falls(const float *x, Py_ssize_t width, Py_ssize_t rows)
{
    Py_ssize_t i, n = width * (rows - 1);
    for (i = 0; i < n; i++) if (!(x[i] <= x[i + width])) return 0;
    return 1;
}

/* rows <= BLOCK, or <= SWEEP where ``sweep``; x is scratch of as many rows of max_features floats.
 * Returns -1 where a lookup key is out of range, 1 where the rows turn out to be no sweep. */
static int predict_block(const Program *p, const double *codes, Py_ssize_t rows, int sweep, double *out, float *x)
{
    Py_ssize_t r;
    int e, m;
    double sums[SWEEP];
    for (e = 0; e < p->n_encoders; e++) {
        Py_ssize_t width = p->encoders[e].n_features;
        for (r = 0; r < rows; r++)
            if (make_features(&p->encoders[e], codes + r * p->n_inputs, x + r * width)) return -1;
        if (sweep && !never_falls(x, width, rows)) return 1;
        for (m = 0; m < p->n_models; m++) {
            const Model *model = &p->models[m];
            if (model->encoder != e) continue;
            (sweep ? forest_sweep : forest_sum)(&model->forest, x, (int)width, (int)rows, sums);
            for (r = 0; r < rows; r++)
                out[r * p->n_models + m] = apply_link(model, model->base + sums[r], x + r * width);
        }
    }
    return 0;
}

/* How many rows from the first on differ in one and the same input alone, which never falls; at most SWEEP. */
static Py_ssize_t sweep_length(const Program *p, const double *codes, Py_ssize_t rows)
{
    Py_ssize_t n = 1;
    int varying = -1, i;
    for (; n < rows && n < SWEEP; n++, codes += p->n_inputs)
        for (i = 0; i < p->n_inputs; i++) {
            double here = codes[i], next = codes[i + p->n_inputs];
            if (here == next) continue;
            if (!(here < next) || (varying >= 0 && varying != i)) return n;
            varying = i;
        }
    return n;
}

/* any number of rows; x is scratch of SWEEP * max_features floats; -1 where a lookup key is out of range */
static int predict_rows(const Program *p, const double *codes, Py_ssize_t rows, double *out, float *x)
{
    while (rows > 0) {
        Py_ssize_t n = sweep_length(p, codes, rows);
        int status = 1;
        if (n >= WORTH_SWEEPING) status = predict_block(p, codes, n, 1, out, x);
        if (status > 0) {
            n = rows < BLOCK ? rows : BLOCK;
            status = predict_block(p, codes, n, 0, out, x);
        }
        if (status) return status;
        rows -= n;
        codes += n * p->n_inputs;
        out += n * p->n_models;
    }
    return 0;
}

static void *keep(Program *self, PyObject *object, Py_ssize_t item, Py_ssize_t *count)
{
    Py_buffer *view = &self->views[self->n_views];
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS)) return NULL;
    self->n_views++;
    if (view->itemsize != item) {
        PyErr_Format(PyExc_ValueError, "array items of %zd bytes, expected %zd", view->itemsize, item);
        return NULL;
    }
    if (count) *count = view->len / item;
    return view->buf ? view->buf : (void *)"";
}

static int *ints(PyObject *sequence, int *count)
{
    Py_ssize_t n = PySequence_Size(sequence), i;
    int *values = n < 0 ? NULL : PyMem_Calloc((size_t)n + 1, sizeof(int));
    if (!values) return NULL;
    for (i = 0; i < n; i++) {
        PyObject *item = PySequence_GetItem(sequence, i);
        values[i] = item ? (int)PyLong_AsLong(item) : -1;
        Py_XDECREF(item);
        if (PyErr_Occurred()) { PyMem_Free(values); return NULL; }
    }
    if (count) *count = (int)n;
    return values;
}

static int read_encoder(Program *self, Encoder *e, PyObject *spec)
{
    PyObject *columns, *blocks;
    int b;
    if (!PyArg_ParseTuple(spec, "OO!", &columns, &PyList_Type, &blocks)) return -1;
    if (!(e->columns = ints(columns, &e->n_columns))) return -1;
    e->n_features = e->n_columns;
    e->blocks = PyMem_Calloc((size_t)PyList_GET_SIZE(blocks) + 1, sizeof(Block));
    if (!e->blocks) return -1;
    e->n_blocks = (int)PyList_GET_SIZE(blocks);
    for (b = 0; b < e->n_blocks; b++) {
        Block *block = &e->blocks[b];
        PyObject *source, *size, *offset, *codes, *table;
        if (!PyArg_ParseTuple(PyList_GET_ITEM(blocks, b), "OOOOO", &source, &size, &offset, &codes, &table)) return -1;
        if (!(block->source = ints(source, &block->n_keys)) || !(block->size = ints(size, NULL)) ||
            !(block->offset = ints(offset, NULL)) || !(block->codes = ints(codes, &block->width))) return -1;
        if (table != Py_None) {
            Py_ssize_t count, rows = 1;
            int i;
            if (!(block->table = keep(self, table, 4, &count))) return -1;
            for (i = 0; i < block->n_keys; i++) rows *= block->size[i];
            block->width = rows ? (int)(count / rows) : 0;
        }
        e->n_features += block->width;
    }
    return 0;
}

static int read_model(Program *self, Model *m, PyObject *spec)
{
    PyObject *roots, *nodes, *index, *weights;
    Py_ssize_t n_trees, n_nodes;
    int i, compact;
    if (!PyArg_ParseTuple(spec, "iOOddddppOO!p", &m->encoder, &roots, &nodes, &m->base, &m->lower, &m->upper, &m->slope,
                          &m->squash, &m->exponential, &index, &PyList_Type, &weights, &compact)) return -1;
    if (!(m->forest.roots = keep(self, roots, 4, &n_trees)) || !(m->forest.nodes = keep(self, nodes, 8, &n_nodes)))
        return -1;
    m->forest.n_trees = (size_t)n_trees;
    m->forest.n_nodes = (size_t)n_nodes;
    if (!(m->weight_index = ints(index, &m->n_weights))) return -1;
    m->weight = PyMem_Calloc((size_t)m->n_weights + 1, sizeof(double));
    if (!m->weight) return -1;
    for (i = 0; i < m->n_weights; i++) m->weight[i] = PyFloat_AsDouble(PyList_GET_ITEM(weights, i));
    return PyErr_Occurred() || forest_prepare(&m->forest, compact) ? -1 : 0;
}

static void program_dealloc(Program *self)
{
    int i, b;
    for (i = 0; i < self->n_encoders; i++) {
        Encoder *e = &self->encoders[i];
        for (b = 0; b < e->n_blocks; b++) {
            PyMem_Free(e->blocks[b].source); PyMem_Free(e->blocks[b].size);
            PyMem_Free(e->blocks[b].offset); PyMem_Free(e->blocks[b].codes);
        }
        PyMem_Free(e->blocks); PyMem_Free(e->columns);
    }
    for (i = 0; i < self->n_models; i++) {
        forest_release(&self->models[i].forest);
        PyMem_Free(self->models[i].weight_index); PyMem_Free(self->models[i].weight);
    }
    for (i = 0; i < self->n_views; i++) PyBuffer_Release(&self->views[i]);
    PyMem_Free(self->encoders); PyMem_Free(self->models); PyMem_Free(self->views);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* Program(n_inputs, [(columns, [(source, size, offset, codes, table|None)])],
 *         [(encoder, roots, nodes, base, lower, upper, slope, squash, exp, weight_index, weights, compact)]) */
static PyObject *program_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *encoders, *models;
    int n_inputs, i;
    Py_ssize_t n_views = 0;
    Program *self;
    (void)kwargs;
    if (!PyArg_ParseTuple(args, "iO!O!", &n_inputs, &PyList_Type, &encoders, &PyList_Type, &models)) return NULL;
    if (!(self = (Program *)type->tp_alloc(type, 0))) return NULL;
    self->n_inputs = n_inputs;
    for (i = 0; i < PyList_GET_SIZE(encoders); i++) {
        PyObject *spec = PyList_GET_ITEM(encoders, i);
        n_views += PyTuple_Check(spec) && PyTuple_GET_SIZE(spec) == 2 ? PyObject_Size(PyTuple_GET_ITEM(spec, 1)) : 0;
    }
    n_views += 2 * PyList_GET_SIZE(models);
    self->views = PyMem_Calloc((size_t)n_views + 1, sizeof(Py_buffer));
    self->encoders = PyMem_Calloc((size_t)PyList_GET_SIZE(encoders) + 1, sizeof(Encoder));
    self->models = PyMem_Calloc((size_t)PyList_GET_SIZE(models) + 1, sizeof(Model));
    if (!self->views || !self->encoders || !self->models) { Py_DECREF(self); return PyErr_NoMemory(); }
    for (i = 0; i < PyList_GET_SIZE(encoders); i++) {
        self->n_encoders = i + 1;
        if (read_encoder(self, &self->encoders[i], PyList_GET_ITEM(encoders, i))) goto fail;
        if (self->encoders[i].n_features > self->max_features) self->max_features = self->encoders[i].n_features;
    }
    for (i = 0; i < PyList_GET_SIZE(models); i++) {
        self->n_models = i + 1;
        if (read_model(self, &self->models[i], PyList_GET_ITEM(models, i))) goto fail;
    }
    return (PyObject *)self;
fail:
    if (!PyErr_Occurred()) PyErr_NoMemory();
    Py_DECREF(self);
    return NULL;
}

static PyObject *out_of_range(void)
{
    PyErr_SetString(PyExc_ValueError, "a lookup key is out of range");
    return NULL;
}

static PyObject *program_one(Program *self, PyObject *codes)
{
    double input[64], output[64];
    float x[1 << FEATURE_BITS];
    int i, failed;
    PyObject *result;
    if (!PyList_Check(codes) || PyList_GET_SIZE(codes) != self->n_inputs || self->n_inputs > 64 || self->n_models > 64) {
        PyErr_SetString(PyExc_ValueError, "one() takes a list of one float per input, at most 64");
        return NULL;
    }
    for (i = 0; i < self->n_inputs; i++) input[i] = PyFloat_AsDouble(PyList_GET_ITEM(codes, i));
    if (PyErr_Occurred()) return NULL;
    failed = predict_block(self, input, 1, 0, output, x);
    if (failed) return out_of_range();
    if (!(result = PyList_New(self->n_models))) return NULL;
    for (i = 0; i < self->n_models; i++) PyList_SET_ITEM(result, i, PyFloat_FromDouble(output[i]));
    return result;
}

static PyObject *program_many(Program *self, PyObject *args)
{
    Py_buffer codes, out;
    Py_ssize_t rows;
    int failed = 0;
    float *x;
    if (!PyArg_ParseTuple(args, "y*w*", &codes, &out)) return NULL;
    rows = out.len / (Py_ssize_t)(sizeof(double) * (size_t)(self->n_models ? self->n_models : 1));
    if (codes.len != rows * self->n_inputs * (Py_ssize_t)sizeof(double)) {
        PyErr_SetString(PyExc_ValueError, "many() takes (rows, inputs) and (rows, models) float64 arrays");
        failed = 2;
    } else if (!(x = PyMem_Malloc(sizeof(float) * SWEEP * (size_t)(self->max_features + 1)))) {
        PyErr_NoMemory();
        failed = 2;
    } else {
        Py_BEGIN_ALLOW_THREADS
        failed = predict_rows(self, codes.buf, rows, out.buf, x) != 0;
        Py_END_ALLOW_THREADS
        PyMem_Free(x);
    }
    PyBuffer_Release(&codes);
    PyBuffer_Release(&out);
    if (failed == 1) return out_of_range();
    if (failed) return NULL;
    Py_RETURN_NONE;
}

static PyObject *program_compact(Program *self, PyObject *unused)
{
    PyObject *result = PyList_New(self->n_models);
    int i;
    (void)unused;
    for (i = 0; result && i < self->n_models; i++)
        PyList_SET_ITEM(result, i, PyBool_FromLong(self->models[i].forest.compact != NULL));
    return result;
}

static PyMethodDef program_methods[] = {
    {"one", (PyCFunction)program_one, METH_O, "one(codes: list[float]) -> list[float]: one row."},
    {"many", (PyCFunction)program_many, METH_VARARGS, "many(codes, out): rows of float64, the GIL released."},
    {"compact", (PyCFunction)program_compact, METH_NOARGS,
     "compact() -> list[bool]: which models' trees have the layout for one row's speed."},
    {NULL, NULL, 0, NULL}};

static PyTypeObject ProgramType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "harness.sources.models._native.Program",
    .tp_basicsize = sizeof(Program),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "A compiled surrogate program.",
    .tp_new = program_new,
    .tp_dealloc = (destructor)program_dealloc,
    .tp_methods = program_methods,
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_native", "Surrogate evaluation in C.", -1, NULL,
                                    NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__native(void)
{
    PyObject *m;
    if (PyType_Ready(&ProgramType) < 0 || !(m = PyModule_Create(&module))) return NULL;
    Py_INCREF(&ProgramType);
    if (PyModule_AddObject(m, "Program", (PyObject *)&ProgramType) < 0) { Py_DECREF(m); return NULL; }
    return m;
}
