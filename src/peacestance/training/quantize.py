"""Graphs with small weights: int8, or 4 bits for the matrices of a large encoder.

How the int8 form was chosen. Every variant has an int8 embedding table; measured on
all-MiniLM-L6-v2 over 10,000 tokens of the corpus, one thread of a Xeon with VNNI. "Error" is the
mean relative error of the hidden states against fp32; "time" is relative to fp32, and rough: the
machine was shared.

    variant                                               error    time         encoder.onnx
    fp32                                                  0        1            90 MB
    quantize_dynamic, QInt8, per channel                  0.154    0.5 to 0.8   24 MB
      the same with reduce_range                          0.164    about same   24 MB
      the same with QUInt8                                0.153    1.1          24 MB
      the same, per tensor                                0.390    about same   24 MB
      the same, second feed-forward MatMul left fp32      0.106    0.75         34 MB
      the same, attention only                            0.040    1            45 MB
    MatMulNBits, 8 bits, blocks of 32, int8 arithmetic    0.032    1.1          25 MB
    int8 weights per channel, fp32 arithmetic             0.041    1            24 MB
    int8 weights in blocks of 32 rows, fp32 arithmetic    0.021    1            25 MB

The last is chosen, with blocks of 8: of the trained small model on 15 articles of real news, 97.3%
of sentences kept their labels with blocks of 32, 98.1% with 16, 98.4% with 8 (30 MB in all).

The activations of the feed-forward layers have outliers, so one scale for all tokens
(`quantize_dynamic`) costs more accuracy than its speed is worth. Offline fusion of the graph gained
nothing. With int8 weights alone no int8 product can saturate, so labels do not hang on whether the
processor has VNNI. onnxruntime folds the weights to fp32 once, at load (0.2 s).

4 bits are the normal-float numbers of QLoRA (Dettmers et al. 2023, section 3): 16 values that are
equally frequent under a normal distribution, times a scale for each block of 32 rows. The word
table and the heads stay int8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from peacestance.bundle import ENCODER_FILE

Precision = Literal["fp32", "int8", "nf4"]

INT8_ROWS = 8
NF4_ROWS = 32
NF4 = np.array(
    [
        -1.0,
        -0.6961928009986877,
        -0.5250730514526367,
        -0.39491748809814453,
        -0.28444138169288635,
        -0.18477343022823334,
        -0.09105003625154495,
        0.0,
        0.07958029955244064,
        0.16093020141124725,
        0.24611230194568634,
        0.33791524171829224,
        0.44070982933044434,
        0.5626170039176941,
        0.7229568362236023,
        1.0,
    ],
    dtype=np.float32,
)
"""The values of the QLoRA paper's appendix E."""

_SHRUNK = np.linspace(0.7, 1.0, 13, dtype=np.float32)  # of the largest value: tried as scales


def quantize(
    source: Path, target: Path, names: Iterable[str], precision: Precision = "int8"
) -> None:
    """Graphs with small weights from a folder of fp32 graphs.

    The matrices of MatMul and Gemm get a scale for each column and block of rows, the word table
    of the encoder one for each row. Arithmetic stays in fp32: onnxruntime computes the matrices
    once, at load.

    Args:
        source: holds the graphs of `export_onnx`.
        target: made where it does not exist.
        names: of the graphs.
        precision: "int8", or "nf4" for the encoder's matrices in 4 bits and the rest in int8.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        is_encoder = name == ENCODER_FILE
        nf4 = precision == "nf4" and is_encoder
        onnx.save(_quantized(onnx.load(source / name), nf4, table=is_encoder), target / name)


def _quantized(model: onnx.ModelProto, nf4: bool, table: bool) -> onnx.ModelProto:
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    matrices = {
        node.input[1]: weights[node.input[1]]
        for node in graph.node
        if node.op_type in ("MatMul", "Gemm") and node.input[1] in weights
    }
    for tensor in matrices.values():
        if nf4 and tensor.dims[0] % NF4_ROWS == 0 and tensor.dims[1] >= NF4_ROWS:
            _matrix_to_nf4(graph, tensor)
        elif min(tensor.dims) >= INT8_ROWS // 2:  # a few columns are not worth the nodes
            _matrix_to_int8(graph, tensor)
    if table:
        _quantize_table(graph, _word_table(graph, weights))
    onnx.checker.check_model(model)
    return model


def _matrix_to_int8(graph: onnx.GraphProto, tensor: onnx.TensorProto) -> None:
    """Replace a weight by int8 values times scales, a scale for each column and 8 rows."""
    name, values = tensor.name, numpy_helper.to_array(tensor)
    rows, columns = values.shape
    block = INT8_ROWS if rows % INT8_ROWS == 0 else rows
    whole, scale = to_int8(values.reshape(rows // block, block, columns), axis=1)
    shape = np.array([rows, columns], dtype=np.int64)
    _replace_weights(graph, tensor, {"int8": whole, "scale": scale, "shape": shape})
    _insert(
        graph,
        helper.make_node("Cast", [f"{name}.int8"], [f"{name}.float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}.float", f"{name}.scale"], [f"{name}.blocks"]),
        helper.make_node("Reshape", [f"{name}.blocks", f"{name}.shape"], [name]),
    )


def _matrix_to_nf4(graph: onnx.GraphProto, tensor: onnx.TensorProto) -> None:
    """Replace a weight by places in `NF4`, two in a byte, times scales (float16)."""
    name, values = tensor.name, numpy_helper.to_array(tensor)
    rows, columns = values.shape
    places, scale = to_nf4(values.reshape(rows // NF4_ROWS, NF4_ROWS, columns))
    half = NF4_ROWS // 2
    arrays = {
        "pairs": (places[:, :half] * 16 + places[:, half:]).astype(np.uint8),
        "scale": scale,
        "values": NF4,
        "sixteen": np.float32(16).reshape(1),
        "shape": np.array([rows, columns], dtype=np.int64),
    }
    _replace_weights(graph, tensor, arrays)

    def node(kind: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
        named = [f"{name}.{part}" for part in inputs.split()]
        return helper.make_node(kind, named, [f"{name}.{output}"], **attributes)

    _insert(
        graph,
        node("Cast", "pairs", "float", to=TensorProto.FLOAT),
        node("Div", "float sixteen", "sixteenths"),
        node("Floor", "sixteenths", "high"),
        node("Mul", "high sixteen", "above"),
        node("Sub", "float above", "low"),
        node("Concat", "high low", "both", axis=1),
        node("Cast", "both", "places", to=TensorProto.INT32),
        node("Gather", "values places", "unscaled"),
        node("Cast", "scale", "scales", to=TensorProto.FLOAT),
        node("Mul", "unscaled scales", "blocks"),
        helper.make_node("Reshape", [f"{name}.blocks", f"{name}.shape"], [name]),
    )


def _insert(graph: onnx.GraphProto, *nodes: onnx.NodeProto) -> None:
    for k, node in enumerate(nodes):
        graph.node.insert(k, node)


def _word_table(
    graph: onnx.GraphProto, weights: Mapping[str, onnx.TensorProto]
) -> tuple[onnx.NodeProto, onnx.TensorProto]:
    """The Gather of the largest table: the words; positions and types are small."""
    tables = [
        (node, weights[node.input[0]])
        for node in graph.node
        if node.op_type == "Gather" and len(getattr(weights.get(node.input[0]), "dims", ())) == 2
    ]
    return max(tables, key=lambda found: int(np.prod(found[1].dims)))


def _quantize_table(graph: onnx.GraphProto, found: tuple[onnx.NodeProto, onnx.TensorProto]) -> None:
    """Look up int8 rows and their scales; only the rows of the input become fp32."""
    node, tensor = found
    name, ids, out = tensor.name, node.input[1], node.output[0]
    whole, scale = to_int8(numpy_helper.to_array(tensor), axis=1)
    _replace_weights(graph, tensor, {"int8": whole, "scale": scale})
    nodes = [
        helper.make_node("Gather", [f"{name}.int8", ids], [f"{name}.rows"]),
        helper.make_node("Cast", [f"{name}.rows"], [f"{name}.float"], to=TensorProto.FLOAT),
        helper.make_node("Gather", [f"{name}.scale", ids], [f"{name}.scales"]),
        helper.make_node("Mul", [f"{name}.float", f"{name}.scales"], [out]),
    ]
    place = list(graph.node).index(node)
    graph.node.remove(node)
    for k, new in enumerate(nodes):
        graph.node.insert(place + k, new)


def to_int8(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers in -127..127 and the scales that bring them back, one along `axis`.

    >>> to_int8(np.array([[1.0], [-0.5]]), axis=0)
    (array([[127],
           [-64]], dtype=int8), array([[0.00787402]], dtype=float32))
    """
    scale = np.abs(values).max(axis, keepdims=True) / 127
    scale = np.where(scale == 0, 1, scale).astype(np.float32)
    return np.round(values / scale).astype(np.int8), scale


def to_nf4(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places in `NF4` and the scales that bring the values back, the best of some by squared error.

    Shape:
        values: [blocks, rows, columns]; returns the same (uint8) and [blocks, 1, columns] (float16)
    """
    largest = np.abs(values).max(1, keepdims=True)
    best = np.full_like(largest, np.inf)
    places, scale = np.zeros(values.shape, np.uint8), np.ones_like(largest, np.float16)
    between = (NF4[1:] + NF4[:-1]) / 2
    for shrunk in _SHRUNK:
        tried = np.where(largest == 0, 1, largest * shrunk).astype(np.float16)
        found = np.digitize(values / tried.astype(np.float32), between).astype(np.uint8)
        error = ((NF4[found] * tried.astype(np.float32) - values) ** 2).sum(1, keepdims=True)
        better = error < best
        best, scale = np.where(better, error, best), np.where(better, tried, scale)
        places = np.where(better, found, places)
    return places, scale


def _replace_weights(
    graph: onnx.GraphProto, tensor: onnx.TensorProto, arrays: Mapping[str, np.ndarray]
) -> None:
    name = tensor.name
    graph.initializer.remove(tensor)
    graph.initializer.extend(
        numpy_helper.from_array(array, f"{name}.{part}") for part, array in arrays.items()
    )
