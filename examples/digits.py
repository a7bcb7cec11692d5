"""Read handwritten digits with a two-layer perceptron written by hand.

The data are the 1,797 images of 8 x 8 pixels that scikit-learn bundles. The network is two
matrix products with a relu between them, the loss is the mean negative log-likelihood
of the right digit, and a fifth of the images, which training never sees, measure the
accuracy.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from _common import count, make_parser, parse, positive, progress

import tensorflowlite_grad as tg

REQUIRED_ACCURACY = 0.95


class Perceptron:
    """Two affine maps with a relu between them; calling it gives log-probabilities."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        # This spread keeps the size of the activations from layer to layer.
        self.w1 = (tg.randn(inputs, hidden) * (2 / inputs) ** 0.5).requires_grad_()
        self.b1 = tg.zeros(hidden, requires_grad=True)
        self.w2 = (tg.randn(hidden, outputs) * (2 / hidden) ** 0.5).requires_grad_()
        self.b2 = tg.zeros(outputs, requires_grad=True)

    def parameters(self) -> list[tg.Tensor]:
        """Return what the optimiser trains."""
        return [self.w1, self.b1, self.w2, self.b2]

    def __call__(self, images: tg.Tensor) -> tg.Tensor:
        hidden = tg.relu(images @ self.w1 + self.b1)
        return tg.log_softmax(hidden @ self.w2 + self.b2, dim=1)


def load() -> tuple[tg.Tensor, tg.Tensor, tg.Tensor, tg.Tensor]:
    """Return images and labels for training, then images and labels held out."""
    try:
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split
    except ImportError:
        raise SystemExit(
            'this example needs scikit-learn: pip install "tensorflowlite-grad[examples]"'
        ) from None
    images, labels = load_digits(return_X_y=True)
    # Pixels run from 0 to 16. The parameters are float32, and a product takes no mixture.
    images = (images / 16).astype("float32")
    train_x, test_x, train_y, test_y = train_test_split(
        images, labels, test_size=0.2, random_state=0, stratify=labels
    )
    return tg.tensor(train_x), tg.tensor(train_y), tg.tensor(test_x), tg.tensor(test_y)


def negative_log_likelihood(log_probabilities: tg.Tensor, labels: tg.Tensor) -> tg.Tensor:
    """Return the mean of -log p of the right label."""
    return -log_probabilities[tg.arange(len(labels)), labels].mean()


def accuracy(model: Perceptron, images: tg.Tensor, labels: tg.Tensor) -> float:
    """Return the share of images whose likeliest digit is the right one."""
    with tg.no_grad():
        right = model(images).argmax(dim=1) == labels
    return int(right.sum().item()) / len(labels)


def main(argv: Sequence[str] | None = None) -> int:
    """Train and print the held-out accuracy; the exit status is 1 when it is below 95 %."""
    parser = make_parser(__doc__)
    parser.add_argument("--hidden", type=count, default=128, help="width of the hidden layer")
    parser.add_argument("--batch-size", type=count, default=128)
    parser.add_argument("--steps", type=count, default=1000)
    parser.add_argument("--lr", type=positive, default=0.1, help="learning rate")
    parser.add_argument("--seed", type=int, default=0)
    args = parse(parser, argv)

    tg.manual_seed(args.seed)
    train_x, train_y, test_x, test_y = load()
    model = Perceptron(train_x.shape[1], args.hidden, 10)
    optimizer = tg.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9, weight_decay=1e-3)

    for _ in progress(range(args.steps), "training"):
        batch = tg.randint(0, len(train_x), (args.batch_size,))
        loss = negative_log_likelihood(model(train_x[batch]), train_y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    held_out = accuracy(model, test_x, test_y)
    print(f"accuracy on {len(test_y)} held-out digits: {held_out:.2%}")
    if held_out < REQUIRED_ACCURACY:
        print(f"below the required {REQUIRED_ACCURACY:.0%}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
